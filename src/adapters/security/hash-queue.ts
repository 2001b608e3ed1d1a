import { availableParallelism } from 'node:os'
import { MarketflowError } from '../../domain/errors.ts'

/** libuv's threads. What reads files and looks up names waits for them as well. */
const POOL_THREADS = 4
/** Each takes a core for some tens of milliseconds; one core, and one thread, are left to all else. */
const RUNNING = Math.max(1, Math.min(availableParallelism() - 1, POOL_THREADS - 1))
/** Behind so many, a login would take seconds; the client is told to come back instead. */
const WAITING = 32

/** Bounds the password hashes that run and that wait. The next to run is the one that has waited longest. */
export class HashQueue {
  readonly #most: number
  readonly #mostWaiting: number
  readonly #waiting = new Set<() => void>()
  #running = 0

  constructor(most = RUNNING, mostWaiting = WAITING) {
    this.#most = most
    this.#mostWaiting = mostWaiting
  }

  /**
   * @param signal takes the work out of the queue, when its client has gone; work that has begun is not ended
   * @throws MarketflowError `overloaded` when too many wait; the signal's reason
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#turn(signal)
    try {
      return await work()
    } finally {
      this.#next()
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> | undefined {
    signal?.throwIfAborted()
    if (this.#running < this.#most) {
      this.#running += 1
      return undefined
    }
    if (this.#waiting.size >= this.#mostWaiting) {
      throw new MarketflowError('overloaded', 'Too many passwords are being checked', { retryAfterS: 1 })
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = () => {
      this.#waiting.delete(start)
      reject(signal?.reason)
    }
    const start = () => {
      signal?.removeEventListener('abort', leave)
      resolve()
    }
    this.#waiting.add(start)
    signal?.addEventListener('abort', leave, { once: true })
    return promise
  }

  /** Hands the place of what has ended to the next. */
  #next(): void {
    const [start] = this.#waiting
    if (start === undefined) {
      this.#running -= 1
      return
    }
    this.#waiting.delete(start)
    start()
  }
}
