import { Clock } from '../../application/consistency/ports/clock.ts'

/** This machine's clocks. */
export class SystemClock extends Clock {
  now(): number {
    return Date.now()
  }

  monotonic(): number {
    return performance.now()
  }

  /** The timer of `node:timers/promises` makes an error, with its stack, whenever it is called off: twice in each write. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', over)
        resolve()
      }
      const timer = setTimeout(over, ms)
      timer.unref()
      signal?.addEventListener('abort', over)
    })
  }
}
