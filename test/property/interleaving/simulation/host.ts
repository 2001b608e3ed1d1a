import type { Scheduler } from './scheduler.ts'

/** The machine that one process runs on: its clocks, and whether it runs at all. */
export class Host {
  readonly name: string
  /** Local ms per true ms, and how far the wall clock is off. */
  readonly rate: number
  readonly #offsetMs: number
  readonly #stopsMonotonic: boolean
  readonly #scheduler: Scheduler
  readonly #died: (() => void)[] = []
  #alive = true
  #suspendedAt: number | undefined
  /** True ms that the monotonic clock stood still. */
  #lostMs = 0

  constructor(
    name: string,
    scheduler: Scheduler,
    clock: { readonly rate: number; readonly offsetMs: number; readonly stopsMonotonic: boolean },
  ) {
    this.name = name
    this.#scheduler = scheduler
    this.rate = clock.rate
    this.#offsetMs = clock.offsetMs
    this.#stopsMonotonic = clock.stopsMonotonic
  }

  get alive(): boolean {
    return this.#alive
  }

  get runs(): boolean {
    return this.#alive && this.#suspendedAt === undefined
  }

  now(): number {
    return 1_800_000_000_000 + this.#offsetMs + this.#scheduler.time * this.rate
  }

  monotonic(): number {
    return (this.#scheduler.time - this.#lostMs) * this.rate
  }

  /** Freezes everything in the process, while the world goes on. */
  suspend(): void {
    this.#suspendedAt ??= this.#scheduler.time
  }

  resume(): void {
    if (this.#suspendedAt === undefined) return
    if (this.#stopsMonotonic) this.#lostMs += this.#scheduler.time - this.#suspendedAt
    this.#suspendedAt = undefined
  }

  /** Ends the process at whatever it is waiting for. None of its continuations ever runs. */
  kill(): void {
    this.#alive = false
    this.#scheduler.drop(this)
    for (const tell of this.#died) tell()
  }

  onDeath(tell: () => void): void {
    this.#died.push(tell)
  }
}
