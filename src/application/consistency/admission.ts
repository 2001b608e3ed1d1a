import type { Clock } from './ports/clock.ts'

/** How many new keys are kept in a minute without having been asked for before. */
const FREELY = 100
const PERIOD_MS = 60_000
/** How many keys are remembered as asked for: some megabytes at most. */
const REMEMBERED = 10_000

/**
 * Which entries are kept under keys that strangers choose, such as words to look for: else they would push out what is
 * asked for again and again. A few new ones a minute always are, and beyond that those that are asked for a second time.
 * Before the cache, so that it holds for every adapter.
 */
export class Admission {
  readonly #clock: Clock
  readonly #asked = new Set<string>()
  #since: number
  #left = FREELY

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.monotonic()
  }

  /** Called once for each miss. */
  admits(key: string): boolean {
    const again = this.#asked.delete(key)
    this.#asked.add(key)
    if (this.#asked.size > REMEMBERED) this.#asked.delete(this.#asked.values().next().value!)
    if (again) return true
    const now = this.#clock.monotonic()
    if (now - this.#since >= PERIOD_MS) {
      this.#since = now
      this.#left = FREELY
    }
    if (this.#left === 0) return false
    this.#left -= 1
    return true
  }
}
