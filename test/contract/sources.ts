import { randomUUID } from 'node:crypto'
import { SystemClock } from '../../src/adapters/system/system-clock.ts'
import { Clock } from '../../src/application/consistency/ports/clock.ts'
import { Random } from '../../src/application/consistency/ports/random.ts'

/** The machine's time: for adapters whose entries are kept by another process's clock. */
export class RealClock extends SystemClock {}

/** Time that stands still until it is moved. Starts at 0, where anything that takes 0 for «never» fails. */
export class ManualClock extends Clock {
  #ms = 0

  now(): number {
    return 1_700_000_000_000 + this.#ms
  }

  monotonic(): number {
    return this.#ms
  }

  async sleep(ms: number): Promise<void> {
    this.advance(ms)
  }

  advance(ms: number): void {
    this.#ms += ms
  }
}

/** This machine's clock, which can be put forward: hours pass at once. */
export class ClockPutForward extends SystemClock {
  #aheadMs = 0

  pass(ms: number): void {
    this.#aheadMs += ms
  }

  override now(): number {
    return super.now() + this.#aheadMs
  }

  override monotonic(): number {
    return super.monotonic() + this.#aheadMs
  }
}

export class RealRandom extends Random {
  uuid(): string {
    return randomUUID()
  }

  token(): string {
    return randomUUID()
  }

  fraction(): number {
    return Math.random()
  }
}
