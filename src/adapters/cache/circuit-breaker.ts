import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  type IBackoff,
} from 'cockatiel'
import { type CacheHealth, CacheUnusable } from '../../application/consistency/ports/cache-port.ts'
import type { Clock } from '../../application/consistency/ports/clock.ts'

/** Consecutive failures that open the breaker. */
const FAILURES = 5
/** How long it stays open before one call probes, in ms: below the time between two drains at the default lease. */
const HALF_OPEN_AFTER_MS = 250

/** Calls `expire` after `ms` unless it was cancelled by the function returned. */
export type StartTimer = (ms: number, expire: () => void) => () => void

/**
 * A deadline on every call, and a circuit breaker around them. What counts as a failure is a server that does not
 * answer; a refusal, a lapsed lease or a bug of ours does not.
 */
export class CircuitBreaker {
  readonly #breaker: CircuitBreakerPolicy
  readonly #startTimer: StartTimer

  constructor(clock: Clock, startTimer: StartTimer = startPatientTimer) {
    this.#startTimer = startTimer
    this.#breaker = circuitBreaker(
      handleWhen((error) => error instanceof CacheUnusable),
      {
        breaker: new ConsecutiveBreaker(FAILURES),
        halfOpenAfter: { next: () => new Break(clock, HALF_OPEN_AFTER_MS) },
      },
    )
  }

  /**
   * `send` is called in this very tick, or not at all.
   * @throws CacheUnusable `timeout` after `ms` (the command may still be executed later) or `breaker-open`.
   */
  async run<T>(ms: number, send: () => Promise<T>): Promise<T> {
    // While a probe is under way cockatiel would queue the call and send it later, past the check of its permit.
    if (this.#breaker.state === CircuitState.HalfOpen) throw new CacheUnusable('breaker-open')
    try {
      return await this.#breaker.execute(() => this.#within(ms, send()))
    } catch (error) {
      throw error instanceof BrokenCircuitError ? new CacheUnusable('breaker-open', error) : error
    }
  }

  #within<T>(ms: number, reply: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#startTimer(ms, () => reject(new CacheUnusable('timeout')))
      reply.then(resolve, reject).finally(cancel)
    })
  }

  get state(): CacheHealth['breaker'] {
    switch (this.#breaker.state) {
      case CircuitState.Closed:
        return 'closed'
      case CircuitState.HalfOpen:
        return 'half-open'
      default:
        return 'open'
    }
  }
}

/**
 * How long the breaker stays open, made when it opens. cockatiel counts on the wall clock, and one that is set back would
 * keep the cache off for as long as that; so what it compares with is either more or less than any time.
 */
class Break implements IBackoff<unknown> {
  readonly #clock: Clock
  readonly #ms: number
  readonly #end: number

  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#ms = ms
    this.#end = clock.monotonic() + ms
  }

  get duration(): number {
    return this.#clock.monotonic() < this.#end ? Infinity : -Infinity
  }

  next(): Break {
    return new Break(this.#clock, this.#ms)
  }
}

/** Expires after one look at the sockets: when our own loop was blocked, the reply may be waiting to be read. */
function startPatientTimer(ms: number, expire: () => void): () => void {
  const timer = setTimeout(() => setImmediate(expire), ms)
  return () => clearTimeout(timer)
}
