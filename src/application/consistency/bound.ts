import { BoundedCache, type CallDeadlines } from './bounded-cache.ts'
import type { CacheObserver } from './call-failures.ts'
import { NearCache } from './near-cache.ts'
import type { CachePort } from './ports/cache-port.ts'
import type { Clock } from './ports/clock.ts'

/** The cache as the core may use it: every call ends in time, and fails in one way. Of a near one, both halves. */
export function bound(
  cache: CachePort,
  deadlines: CallDeadlines,
  clock: Clock,
  observer: CacheObserver,
): CachePort {
  const bounded = (each: CachePort) => new BoundedCache(each, deadlines, clock, observer)
  return cache instanceof NearCache
    ? new NearCache(bounded(cache.memory), bounded(cache.behind), clock)
    : bounded(cache)
}

/**
 * Twice what an adapter takes at most whose round trips have a deadline of `timeoutMs`, and which says more: a lookup may
 * be two of two round trips. An invalidation that hangs leaves the next drain time to keep the lease.
 */
export function deadlinesOf(settings: {
  readonly leaseMs: number
  readonly timeoutMs: number
}): CallDeadlines {
  const { leaseMs, timeoutMs } = settings
  return {
    lookupMs: 4 * timeoutMs,
    invalidateMs: 2 * Math.max(timeoutMs, leaseMs / 4),
    closeMs: 5000,
  }
}
