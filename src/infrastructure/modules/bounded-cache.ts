import { ContainerModule } from 'inversify'
import type { Logger } from 'pino'
import { bound, deadlinesOf } from '../../application/consistency/bound.ts'
import type { CacheObserver } from '../../application/consistency/call-failures.ts'
import { CachePort, problemOf } from '../../application/consistency/ports/cache-port.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import type { Config } from '../config/config.ts'
import { ChangesOfState } from '../observability/changes-of-state.ts'
import { Metrics } from '../observability/metrics.ts'

/** Bounds whatever is bound to the cache's port: the core meets no adapter but through this. */
export const boundedCache = (config: Config, logger: Logger) =>
  new ContainerModule(({ onActivation }) => {
    onActivation(CachePort, async (context, cache) => {
      const [clock, metrics] = await Promise.all([context.getAsync(Clock), context.getAsync(Metrics)])
      const changes = new ChangesOfState<string>(clock, ({ state, detail, failures }) => {
        const about = { cache: cache.name, ...(detail as object), failures }
        if (state === undefined) logger.info({ cache: cache.name }, 'the cache fails no more')
        else logger.warn(about, 'the cache fails: reads go to PostgreSQL')
      })
      const observer: CacheObserver = {
        failed: (call, error) => {
          metrics.cacheCallFailed(call)
          changes.observe(problemOf(error).code, { call, err: error })
        },
        recovered: () => changes.observe(undefined),
      }
      const deadlines = deadlinesOf({ leaseMs: config.leaseMs, timeoutMs: config.redisTimeoutMs })
      return bound(cache, deadlines, clock, observer)
    })
  })
