import { Clock } from '../../../../src/application/consistency/ports/clock.ts'
import type { Host } from './host.ts'
import type { Scheduler } from './scheduler.ts'

/** The clock of one host. Its timers fire when they are due or later, never by themselves. */
export class SimClock extends Clock {
  readonly #host: Host
  readonly #scheduler: Scheduler
  readonly #lane: string

  /** `user`: what sleeps on it, a lane of its own. */
  constructor(host: Host, scheduler: Scheduler, user: string) {
    super()
    this.#host = host
    this.#scheduler = scheduler
    this.#lane = `${host.name} ${user} timer`
  }

  now(): number {
    return this.#host.now()
  }

  monotonic(): number {
    return this.#host.monotonic()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const cancel = this.startTimer(ms, resolve)
      signal?.addEventListener(
        'abort',
        () => {
          cancel()
          resolve()
        },
        { once: true },
      )
    })
  }

  /** As `CircuitBreaker` wants it: returns what cancels the timer. */
  readonly startTimer = (ms: number, expire: () => void): (() => void) => {
    const target = this.#host.monotonic() + ms
    return this.#scheduler.add({
      lane: this.#lane,
      label: `after ${ms.toFixed(1)} ms`,
      host: this.#host,
      ready: () => this.#host.monotonic() >= target - GRAIN_MS,
      dueAt: () => this.#scheduler.time + (target - this.#host.monotonic()) / this.#host.rate,
      run: expire,
    })
  }
}

/** Timers may fire a fraction early. */
const GRAIN_MS = 0.001
