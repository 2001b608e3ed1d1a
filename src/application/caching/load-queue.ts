import { MarketflowError } from '../../domain/errors.ts'

/** Starts a function when it is its turn, as `p-limit` does. */
export type Limit = <T>(run: () => Promise<T>) => Promise<T>

/** Bounds the loads in flight and those that wait, so that a cold or lost cache cannot trample the database. */
export class LoadQueue {
  readonly #limit: Limit
  readonly #most: number
  #size = 0

  /** `limit` bounds how many run; `most` how many run or wait. */
  constructor(limit: Limit, most: number) {
    this.#limit = limit
    this.#most = most
  }

  /** Loads that run or wait. */
  get size(): number {
    return this.#size
  }

  /** @throws MarketflowError `overloaded` when the queue is full. */
  async run<T>(load: () => Promise<T>): Promise<T> {
    if (this.#size >= this.#most) throw new MarketflowError('overloaded', undefined, { retryAfterS: 1 })
    this.#size += 1
    try {
      return await this.#limit(load)
    } finally {
      this.#size -= 1
    }
  }
}
