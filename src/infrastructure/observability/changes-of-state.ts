import type { Clock } from '../../application/consistency/ports/clock.ts'

/** How long a line about a state holds, in ms: what is still wrong after that is told once more. */
const QUIET_MS = 60_000

/** What is worth a line in the log. */
export interface ChangeOfState<State extends string> {
  /** What is wrong; undefined: nothing any more. */
  readonly state: State | undefined
  /** What the last observation came with, such as the error. */
  readonly detail: unknown
  /** Observations of something wrong since the last line, this one included. */
  readonly failures: number
}

/**
 * Turns observations, of which an outage makes hundreds, into lines for people: one for each change of the state, and a
 * reminder once a minute while something is wrong. A state that comes and goes has one line a minute, too.
 */
export class ChangesOfState<State extends string> {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #tell: (change: ChangeOfState<State>) => void
  readonly #quietMs: number
  readonly #toldAt = new Map<State | undefined, number>()
  #state: State | undefined
  #told: State | undefined
  #failures = 0

  constructor(
    clock: Pick<Clock, 'monotonic'>,
    tell: (change: ChangeOfState<State>) => void,
    quietMs: number = QUIET_MS,
  ) {
    this.#clock = clock
    this.#tell = tell
    this.#quietMs = quietMs
  }

  /** What was wrong when it was looked at last. */
  get state(): State | undefined {
    return this.#state
  }

  /** To be called with every observation; undefined: all is well. */
  observe(state: State | undefined, detail?: unknown): void {
    this.#state = state
    if (state !== undefined) this.#failures += 1
    if (state === undefined && this.#told === undefined) return
    const now = this.#clock.monotonic()
    if (now - (this.#toldAt.get(state) ?? Number.NEGATIVE_INFINITY) < this.#quietMs) return
    this.#toldAt.set(state, now)
    this.#told = state
    this.#tell({ state, detail, failures: this.#failures })
    this.#failures = 0
  }
}
