/** Time, injected: the simulation supplies its own, and every instance there has a different one. */
export abstract class Clock {
  /** Wall-clock time, in ms since the epoch. May step. */
  abstract now(): number
  /** Monotonic time, in ms from an arbitrary start. Never steps, but may stop while the machine is suspended. */
  abstract monotonic(): number
  /** Resolves no earlier than `ms` from now, by the monotonic clock as far as timers can be trusted. */
  abstract sleep(ms: number, signal?: AbortSignal): Promise<void>
}
