import type { Clock } from '../application/consistency/ports/clock.ts'
import type { InvalidationLog } from '../application/consistency/ports/invalidation-log.ts'
import { GRACE_MS, longestLifeMs } from '../application/consistency/representation.ts'
import { LONGEST_TTL_S } from '../application/use-cases.ts'

/** The longest a load may take, in ms; a load that began before a write may store its entry this much later. */
export const LONGEST_LOAD_MS = 10_000

/**
 * How long an applied row is kept, in ms, counted from its mark: as long as any entry from before it could still be
 * in a cache that comes back. The last minute is for stalled commands and clocks that disagree.
 */
const KEPT_MS = longestLifeMs(LONGEST_TTL_S) + GRACE_MS + LONGEST_LOAD_MS + 60_000

const SWEEP_EVERY_MS = 10 * 60_000

/** Sweeps the log now and then, until the signal aborts. A sweep that fails is made up for by the next. */
export async function sweepRegularly(
  log: InvalidationLog,
  clock: Clock,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(SWEEP_EVERY_MS, signal)
    if (!signal.aborted) await log.sweep(KEPT_MS).catch(onError)
  }
}
