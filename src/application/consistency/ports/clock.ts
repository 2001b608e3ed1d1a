/** Time, injected: the simulation supplies its own, and every instance there has a different one. */
export abstract class Clock {
  /** Wall-clock time, in ms since the epoch. May step. */
  abstract now(): number
  /** Monotonic time, in ms from an arbitrary start. Never steps, but may stop while the machine is suspended. */
  abstract monotonic(): number
  /**
   * Resolves after `ms`, or as soon as the signal aborts (it never rejects). A timer may fire a fraction early: who
   * needs a lower bound asks the clock. Does not keep the process alive.
   */
  abstract sleep(ms: number, signal?: AbortSignal): Promise<void>
}
