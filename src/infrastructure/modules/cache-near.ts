import { ContainerModule } from 'inversify'
import type { Logger } from 'pino'
import { LruCache } from '../../adapters/cache/lru-cache.ts'
import { NearCache } from '../../application/consistency/near-cache.ts'
import { CachePort } from '../../application/consistency/ports/cache-port.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { Random } from '../../application/consistency/ports/random.ts'
import type { Config } from '../config/config.ts'
import { connectRedis } from './cache-redis.ts'

/** `CACHE=near`: entries and stamps in this process, whose hits cost no round trip, in front of Redis. */
export const nearCache = (config: Config, logger: Logger, databaseId: string) =>
  new ContainerModule(({ bind }) => {
    bind(CachePort)
      .toResolvedValue(
        (clock, random) =>
          new NearCache(
            new LruCache({ maxBytes: config.cacheMaxBytes }, clock, random),
            connectRedis(config, logger, databaseId, clock, random),
            clock,
          ),
        [Clock, Random],
      )
      .inSingletonScope()
  })
