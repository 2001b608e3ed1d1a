import type { DrainOutcome } from './drain.ts'
import type { DrainLoop } from './drain-loop.ts'
import { WAIT_PER_LEASE } from './lease.ts'
import type { Clock } from './ports/clock.ts'
import type { Holder, InvalidationLog } from './ports/invalidation-log.ts'

/** What a write has logged, in its own transaction. */
export interface Logged {
  /** Its number. */
  readonly transaction: string
  readonly tags: readonly string[]
}

/** How a write came to be answered. */
export type Confirmation = 'invalidated' | 'applied-by-another' | 'lease-waited-out'

/** What a write has waited for in vain, until no lease of before it could hold. */
export interface WaitedFor {
  /**
   * `log`: no drain has read it. `cache`: no instance has deleted the stamps. `holders`: those named have not said that they
   * have applied it.
   */
  readonly reason: 'log' | 'cache' | 'holders'
  readonly holders: readonly string[]
}

export interface Confirmed {
  readonly confirmation: Confirmation
  /** Of a write that waited a lease out. */
  readonly waitedFor?: WaitedFor
}

/**
 * When a committed write may be answered: once no reader can use a stamp from before it. That is, when a drain that
 * began after the commit has deleted the stamps of this instance's cache, or another instance's has (the row is no
 * longer pending), *and* every holder on the list that such a drain found has acknowledged the write's transaction.
 * Or else 1.02·L after COMMIT returned: by then every instance that may still use its cache has drained the row.
 */
export class WriteConfirmation {
  readonly #log: InvalidationLog
  readonly #loop: DrainLoop
  readonly #clock: Clock
  readonly #leaseMs: number

  constructor(log: InvalidationLog, loop: DrainLoop, clock: Clock, leaseMs: number) {
    this.#log = log
    this.#loop = loop
    this.#clock = clock
    this.#leaseMs = leaseMs
  }

  /** `committedAt`: monotonic, read after COMMIT returned; counting from sending it would be too short. */
  async confirm({ transaction }: Logged, committedAt: number): Promise<Confirmed> {
    // Of the connection that there is now: what is said over a later one may be of another server.
    const acknowledgements = this.#log.acknowledgements
    const answered = new AbortController()
    const deadline = this.#waitOut(committedAt, answered.signal)
    let how: Confirmation | undefined
    let lacking: readonly Holder[] | undefined
    try {
      let next = this.#loop.next(transaction)
      for (;;) {
        const told = await Promise.race([next, acknowledgements.next(), deadline])
        if (told === 'lease-waited-out') {
          if (acknowledgements === this.#log.acknowledgements) this.#retire(lacking)
          return { confirmation: told, waitedFor: waitedFor(how, lacking) }
        }
        if (told !== undefined) {
          how = confirmedBy(told, transaction) ?? how
          lacking = told.holders ?? lacking
          next = this.#loop.nextUnhurried(transaction, answered.signal)
        }
        if (lacking !== undefined) lacking = acknowledgements.lacking(lacking, transaction)
        if (how !== undefined && lacking?.length === 0) return { confirmation: how }
      }
    } finally {
      answered.abort('answered')
    }
  }

  /** One whose message was late or lost lives on, and will find that it has to register anew. */
  #retire(lacking: readonly Holder[] = []): void {
    const ids = lacking.filter(({ retired }) => !retired).map(({ id }) => id)
    // The next write that waits for them tries again.
    if (ids.length > 0) this.#log.retire(ids).catch(() => undefined)
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

function waitedFor(how: Confirmation | undefined, lacking: readonly Holder[] | undefined): WaitedFor {
  if (lacking === undefined) return { reason: 'log', holders: [] }
  return { reason: how === undefined ? 'cache' : 'holders', holders: lacking.map(({ id }) => id) }
}

function confirmedBy({ invalidated, backlog }: DrainOutcome, transaction: string): Confirmation | undefined {
  if (invalidated) return 'invalidated'
  return backlog !== undefined && !backlog.awaited.has(transaction) ? 'applied-by-another' : undefined
}
