import { setTimeout as delay } from 'node:timers/promises'
import { Clock } from '../../application/consistency/ports/clock.ts'

/** This machine's clocks. */
export class SystemClock extends Clock {
  now(): number {
    return Date.now()
  }

  monotonic(): number {
    return performance.now()
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await delay(ms, undefined, signal === undefined ? { ref: false } : { ref: false, signal })
    } catch (error) {
      if (!signal?.aborted) throw error
    }
  }
}
