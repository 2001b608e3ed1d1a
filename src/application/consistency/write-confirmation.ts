import type { DrainLoop } from './drain-loop.ts'
import { type CachePort, CacheUnusable } from './ports/cache-port.ts'
import type { Clock } from './ports/clock.ts'

/** Strictly more than the lease: clock rates may differ by 1 % either way between the two machines. */
export const WAIT_PER_LEASE = 1.02

/** How a write came to be answered. */
export type Confirmation = 'invalidated' | 'applied-by-another' | 'lease-waited-out'

/**
 * When a committed write may be answered: once no reader can use a stamp from before it. That is, when a drain that
 * began after the commit has deleted the stamps, or another instance's has (the row is no longer pending), or
 * 1.02·L after COMMIT returned — by then every instance that may still use the cache has drained the row.
 */
export class WriteConfirmation {
  readonly #cache: CachePort
  readonly #loop: DrainLoop
  readonly #clock: Clock
  readonly #leaseMs: number
  readonly #alone: boolean

  constructor(cache: CachePort, loop: DrainLoop, clock: Clock, leaseMs: number, alone: boolean) {
    this.#cache = cache
    this.#loop = loop
    this.#clock = clock
    this.#leaseMs = leaseMs
    this.#alone = alone
  }

  /** `committedAt`: monotonic, read after COMMIT returned; counting from sending it would be too short. */
  async confirm(rowId: string, tags: readonly string[], committedAt: number): Promise<Confirmation> {
    if (this.#cache.reach === 'private') return this.#confirmPrivate(tags, committedAt)
    return this.#confirmShared(rowId, committedAt)
  }

  async #confirmShared(rowId: string, committedAt: number): Promise<Confirmation> {
    const answered = new AbortController()
    const deadline = this.#waitOut(committedAt, answered.signal)
    try {
      let next = this.#loop.next(rowId)
      for (;;) {
        const outcome = await Promise.race([next, deadline])
        if (outcome === 'lease-waited-out') return outcome
        if (outcome.invalidated) return 'invalidated'
        if (outcome.backlog !== undefined && !outcome.backlog.awaited.has(rowId)) return 'applied-by-another'
        next = this.#loop.nextUnhurried(rowId)
      }
    } finally {
      answered.abort()
    }
  }

  /**
   * In process hardly anything can fail, and no other instance's drain says anything about the other instances. Whether
   * there are none is asked of the drain: it fails when PostgreSQL has let another in while we were cut off, and when
   * the stamps could not be deleted, which leaves this instance without a lease.
   */
  async #confirmPrivate(tags: readonly string[], committedAt: number): Promise<Confirmation> {
    await this.#cache.session()?.invalidate(tags).catch(ignoreUnusable)
    const answered = new AbortController()
    const deadline = this.#waitOut(committedAt, answered.signal)
    const drained = this.#loop.next()
    if (!this.#alone) return deadline
    try {
      const outcome = await Promise.race([drained, deadline])
      if (outcome === 'lease-waited-out') return outcome
      return outcome.error === undefined ? 'invalidated' : await deadline
    } finally {
      answered.abort()
    }
  }

  /** A timer may fire early by a fraction, so the clock has the last word. */
  async #waitOut(committedAt: number, cancelled: AbortSignal): Promise<'lease-waited-out'> {
    for (;;) {
      const left = committedAt + WAIT_PER_LEASE * this.#leaseMs - this.#clock.monotonic()
      if (left <= 0 || cancelled.aborted) return 'lease-waited-out'
      await this.#clock.sleep(left, cancelled)
    }
  }
}

function ignoreUnusable(error: unknown): void {
  if (!(error instanceof CacheUnusable)) throw error
}
