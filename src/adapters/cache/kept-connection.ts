import type { Clock } from '../../application/consistency/ports/clock.ts'
import type { Random } from '../../application/consistency/ports/random.ts'

/** The wait before the first and before every later attempt, in ms, each plus up to as much jitter. */
const FIRST_BACKOFF_MS = 30
const LONGEST_BACKOFF_MS = 150
/** A connection that lasted this long, in ms, was a good one: the next is tried without delay. */
const STABLE_MS = 1000

/** Something that was opened and ends one day. */
export interface Connected {
  readonly ended: Promise<void>
  readonly alive: boolean
  close(): void
}

/** Told when a connection is made or lost, and when the reason why there is none changes. */
export interface ConnectionObserver {
  connected(): void
  disconnected(error: unknown): void
}

/** Keeps one connection open, for ever: when it ends, a new one is opened. They are different objects. */
export class KeptConnection<T extends Connected> {
  readonly #open: (signal: AbortSignal) => Promise<T>
  readonly #clock: Clock
  readonly #random: Random
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  readonly #observer: ConnectionObserver | undefined
  #current: T | undefined
  #problem: unknown
  /** What was told last, so that an outage is one line in the log and not three per second. */
  #told: string | undefined

  /** @param open must give up when its signal is aborted, and leave nothing open when it rejects. */
  constructor(
    open: (signal: AbortSignal) => Promise<T>,
    clock: Clock,
    random: Random,
    observer: ConnectionObserver | undefined,
  ) {
    this.#open = open
    this.#clock = clock
    this.#random = random
    this.#observer = observer
    this.#running = this.#run()
  }

  get current(): T | undefined {
    return this.#current?.alive ? this.#current : undefined
  }

  /** Why there is no connection, while there is none. */
  get problem(): unknown {
    return this.current === undefined ? this.#problem : undefined
  }

  /** Gives the present connection up. */
  reset(): void {
    this.#current?.close()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.reset()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        this.#current = await this.#open(signal)
        // Closed while it was opening: `close` could not see it.
        if (signal.aborted) this.#current.close()
        this.#tell('', () => this.#observer?.connected())
        const since = this.#clock.monotonic()
        await this.#current.ended
        if (this.#clock.monotonic() - since >= STABLE_MS) failures = 0
        throw new Error('The connection ended')
      } catch (error) {
        this.#problem = error
        if (!signal.aborted) this.#tell(String(error), () => this.#observer?.disconnected(error))
      }
      this.#current = undefined
      if (!signal.aborted) await this.#backOff(failures, signal)
    }
  }

  #tell(what: string, tell: () => void): void {
    if (what !== this.#told) tell()
    this.#told = what
  }

  async #backOff(failures: number, signal: AbortSignal): Promise<void> {
    const base = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures)
    await this.#clock.sleep(base * (1 + this.#random.fraction()), signal)
  }
}
