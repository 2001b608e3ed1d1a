import { ContainerModule } from 'inversify'
import type { Logger } from 'pino'
import { TieredCache } from '../../adapters/cache/tiered-cache.ts'
import { CachePort } from '../../application/consistency/ports/cache-port.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { Random } from '../../application/consistency/ports/random.ts'
import type { Config } from '../config/config.ts'
import { connectRedis } from './cache-redis.ts'

/** `CACHE=tiered`: entries in this process, checked against Redis's stamps on every read. */
export const tieredCache = (config: Config, logger: Logger, databaseId: string) =>
  new ContainerModule(({ bind }) => {
    bind(CachePort)
      .toResolvedValue(
        (clock, random) =>
          new TieredCache(
            connectRedis(config, logger, databaseId, clock, random),
            { maxBytes: config.cacheMaxBytes },
            clock,
          ),
        [Clock, Random],
      )
      .inSingletonScope()
  })
