import type { DrainOutcome } from './drain.ts'
import type { DrainLoop } from './drain-loop.ts'
import type { CachePort } from './ports/cache-port.ts'
import type { Clock } from './ports/clock.ts'
import type { InvalidationLog } from './ports/invalidation-log.ts'
import { GRACE_MS, longestLifeMs } from './representation.ts'

const SWEEP_EVERY_MS = 10 * 60_000

/**
 * How long an applied row is kept, in ms, counted from its mark: as long as any entry from before it could still be
 * in a cache that comes back. The last minute is for stalled commands and clocks that disagree.
 * @param longestLoadMs a load that began before a write may store its entry this much later
 */
export function rowsKeptMs(longestTtlS: number, longestLoadMs: number): number {
  return longestLifeMs(longestTtlS) + GRACE_MS + longestLoadMs + 60_000
}

interface Running {
  readonly loop: DrainLoop
  readonly shadow: { close(): Promise<void> }
  readonly cache: CachePort
  readonly log: InvalidationLog
  readonly clock: Clock
  /** How long the log keeps rows that are applied, in ms. */
  readonly keptMs: number
  /** A sweep that fails is made up for by the next. */
  readonly sweepFailed: (error: unknown) => void
}

/**
 * Starts what was wired. Resolves after the first drain with what ends it, in the order that leaves the others the
 * least to do: it tells what came of the last drain.
 */
export async function startRunning(running: Running): Promise<() => Promise<DrainOutcome>> {
  const { loop, shadow, cache } = running
  await loop.start()
  const closing = new AbortController()
  const sweeping = sweepRegularly(running, closing.signal)
  return async () => {
    closing.abort()
    await sweeping
    await shadow.close()
    const last = await loop.finish()
    await cache.close()
    return last
  }
}

async function sweepRegularly(
  { log, clock, keptMs, sweepFailed }: Running,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(SWEEP_EVERY_MS, signal)
    if (!signal.aborted) await log.sweep(keptMs).catch(sweepFailed)
  }
}
