import type { DrainOutcome } from './drain.ts'
import { isDatabaseUnavailable, Unavailable } from './ports/unavailable.ts'

/** Starts a function when it is its turn, as `p-limit` does. */
export type Limit = <T>(run: () => Promise<T>) => Promise<T>

/**
 * Bounds the loads in flight and those that wait, so that a cold or lost cache cannot trample the database; and gives
 * them up together when the database falls silent, so that no reader waits for one deadline after the other.
 */
export class LoadQueue {
  readonly #limit: Limit
  readonly #most: number
  /** One for each load that runs or waits. */
  readonly #present = new Set<GiveUp>()
  /** Those of them that were there when the last drain ended. */
  #older: ReadonlySet<GiveUp> = new Set()
  #answered = false

  /** `limit` bounds how many run; `most` how many run or wait. */
  constructor(limit: Limit, most: number) {
    this.#limit = limit
    this.#most = most
  }

  /** Loads that run or wait. */
  get size(): number {
    return this.#present.size
  }

  /** @throws Unavailable `overloaded` when the queue is full; `database-unavailable` when it is given up. */
  async run<T>(load: () => Promise<T>): Promise<T> {
    if (this.size >= this.#most) throw new Unavailable('overloaded')
    const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>()
    this.#present.add(giveUp)
    const inTurn = this.#limit(() => (this.#present.has(giveUp) ? Promise.race([load(), givenUp]) : givenUp))
    try {
      const loaded = await Promise.race([inTurn, givenUp])
      this.#answered = true
      return loaded
    } finally {
      this.#present.delete(giveUp)
    }
  }

  /**
   * To be told of every drain, which asks the database over a connection of its own. A load that was there before a
   * drain began is given up when the database has answered neither that drain nor any load since.
   */
  drained({ heard, error }: DrainOutcome): void {
    const silent = !heard && isDatabaseUnavailable(error) && !this.#answered
    if (silent) for (const giveUp of this.#older) giveUp(error)
    this.#older = new Set(this.#present)
    this.#answered = false
  }
}

type GiveUp = (error: unknown) => void
