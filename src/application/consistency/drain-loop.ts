import type { Drain, DrainOutcome } from './drain.ts'
import type { Clock } from './ports/clock.ts'

/** How many drains begin within one lease, so that one may fail without a lapse. */
const DRAINS_PER_LEASE = 3
/** While a write waits for an instance to apply its row, the loop looks more often. */
const DRAINS_PER_LEASE_WHILE_WAITING = 10

/** Why a pause ends: without a reason of its own, each abortion would make an error with its stack. */
const ASKED = 'a drain is asked for'

interface Waiting {
  readonly transaction: string | undefined
  readonly answer: (outcome: DrainOutcome) => void
}

/**
 * Runs drains one after the other: every L/3, at once when a write asks, here or at another
 * instance, and as long as one is behind. It never backs off: a drain that fails
 * is tried again after the same pause, since every lapse of the lease costs all readers the cache.
 */
export class DrainLoop {
  readonly #drain: Drain
  readonly #clock: Clock
  readonly #leaseMs: number
  readonly #observe: (outcome: DrainOutcome) => void
  #waiting: Waiting[] = []
  #woken = false
  #pause: AbortController | undefined
  #stopping = false
  /** What came of the last drain. */
  #done: Promise<DrainOutcome | undefined> | undefined

  constructor(drain: Drain, clock: Clock, leaseMs: number, observe: (outcome: DrainOutcome) => void) {
    this.#drain = drain
    this.#clock = clock
    this.#leaseMs = leaseMs
    this.#observe = observe
  }

  /** Resolves after the first drain, whatever came of it: an instance starts without Redis, only slower. */
  async start(): Promise<void> {
    const first = this.next()
    this.#done = this.#run()
    await first
  }

  /**
   * The outcome of the first drain that begins after this call. Writes that ask together share one.
   * `transaction`: the number of the write that waits for it, if the drain is to say whether another instance has applied its row.
   */
  next(transaction?: string): Promise<DrainOutcome> {
    const outcome = new Promise<DrainOutcome>((answer) => this.#waiting.push({ transaction, answer }))
    this.#pause?.abort(ASKED)
    return outcome
  }

  /**
   * The next drain, but no sooner than the loop's own pace: for a write whose first drain did not confirm it. None, and
   * never an answer, once the signal aborts.
   */
  async nextUnhurried(transaction: string, answered: AbortSignal): Promise<DrainOutcome> {
    await this.#clock.sleep(this.#leaseMs / DRAINS_PER_LEASE_WHILE_WAITING, answered)
    return answered.aborted ? new Promise(() => {}) : this.next(transaction)
  }

  /** Another instance's write waits for a drain that begins after this call. */
  wake(): void {
    this.#woken = true
    this.#pause?.abort(ASKED)
  }

  /** Ends the loop, with one last drain for what is still pending, and tells what came of it. Its lease is over then. */
  async finish(): Promise<DrainOutcome> {
    const told = this.next()
    this.#stopping = true
    const last = await this.#done
    await this.#drain.leave()
    return last ?? told
  }

  async #run(): Promise<DrainOutcome | undefined> {
    let outcome: DrainOutcome | undefined
    while (!this.#stopping || this.#waiting.length > 0) {
      const asked = this.#waiting
      const woken = this.#woken
      this.#waiting = []
      this.#woken = false
      const began = this.#clock.monotonic()
      const tell = (outcome: DrainOutcome) => {
        for (const { answer } of asked) answer(outcome)
      }
      const awaited = asked.flatMap(({ transaction }) => transaction ?? [])
      outcome = await this.#drain.run({ awaited, woken, invalidated: tell })
      this.#observe(outcome)
      tell(outcome)
      if (!outcome.behind) await this.#pauseSince(began)
    }
    return outcome
  }

  async #pauseSince(began: number): Promise<void> {
    const left = began + this.#leaseMs / DRAINS_PER_LEASE - this.#clock.monotonic()
    if (left <= 0 || this.#waiting.length > 0 || this.#woken || this.#stopping) return
    this.#pause = new AbortController()
    await this.#clock.sleep(left, this.#pause.signal)
    this.#pause = undefined
  }
}
