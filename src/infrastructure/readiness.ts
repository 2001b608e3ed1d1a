import type { Readiness, SystemProbes } from '../adapters/http/system/system-routes.ts'
import { Lease } from '../application/consistency/lease.ts'
import { CachePort } from '../application/consistency/ports/cache-port.ts'
import type { Core } from './core.ts'
import { DatabaseState } from './observability/database-state.ts'
import { KnownHolders } from './observability/known-holders.ts'
import { Metrics } from './observability/metrics.ts'

/**
 * Ready means that the database answers, as the last drain found over its own connection: a question in the pool would
 * wait behind all that strangers ask. The cache's state is told, and never fails it: without it all works, slower.
 */
export async function readiness({ container }: Core): Promise<SystemProbes['readiness']> {
  const cache = await container.getAsync(CachePort)
  const lease = await container.getAsync(Lease)
  const metrics = await container.getAsync(Metrics)
  const state = await container.getAsync(DatabaseState)
  const holders = await container.getAsync(KnownHolders)
  return async () => {
    const reachable = metrics.databaseHeard
    const { connected, breaker, problem } = cache.health()
    const body: Readiness = {
      database: reachable ? 'reachable' : 'unreachable',
      database_cause: state.cause ?? null,
      cache: {
        name: cache.name,
        connected,
        breaker,
        ...(problem !== undefined && { problem: problem.code }),
      },
      lease: { held: lease.holds, age_ms: lease.ageMs === undefined ? null : Math.round(lease.ageMs) },
      holders: holders.now.map(({ id, state, acknowledgedMs }) => ({
        id,
        state,
        acknowledged_ms: acknowledgedMs === undefined ? null : Math.round(acknowledgedMs),
      })),
      invalidations: { pending: metrics.pendingRows },
    }
    return { ready: reachable, body }
  }
}
