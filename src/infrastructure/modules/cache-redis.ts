import { ContainerModule } from 'inversify'
import type { Logger } from 'pino'
import { type RedisBackedCache, redisIdentity } from '../../adapters/cache/redis-backed-cache.ts'
import { RedisCache, RedisClusterCache } from '../../adapters/cache/redis-cache.ts'
import { CachePort } from '../../application/consistency/ports/cache-port.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { Random } from '../../application/consistency/ports/random.ts'
import { viewsFingerprint } from '../../application/tables/views-fingerprint.ts'
import { VIEWS } from '../../application/use-cases.ts'
import type { Config } from '../config/config.ts'

/** `CACHE=redis`: entries and stamps in Redis, or in a Redis Cluster. */
export const redisCache = (config: Config, logger: Logger, databaseId: string) =>
  new ContainerModule(({ bind }) => {
    bind(CachePort)
      .toResolvedValue(
        (clock, random) => connectRedis(config, logger, databaseId, clock, random),
        [Clock, Random],
      )
      .inSingletonScope()
  })

/** Several URLs are the nodes of a cluster. Databases that share a Redis do not see each other's keys. */
export function connectRedis(
  config: Config,
  logger: Logger,
  databaseId: string,
  clock: Clock,
  random: Random,
): RedisBackedCache {
  const options = {
    url: config.redisUrls.join(','),
    prefix: `${config.redisPrefix}${databaseId}:`,
    // The database's own id is known where instances of one database meet.
    identity: redisIdentity(config.redisUrls[0]!, config.redisPrefix),
    release: viewsFingerprint(VIEWS),
    timeoutMs: config.redisTimeoutMs,
    // A drain must fail in time for the next one to keep the lease.
    observer: {
      connected: () => logger.info('connected to Redis'),
      disconnected: (error: unknown) =>
        logger.warn({ err: error }, 'no connection to Redis: reads go to PostgreSQL'),
    },
    invalidateTimeoutMs: Math.max(config.redisTimeoutMs, Math.floor(config.leaseMs / 4)),
  }
  return config.redisUrls.length > 1
    ? new RedisClusterCache(options, clock, random)
    : new RedisCache(options, clock, random)
}
