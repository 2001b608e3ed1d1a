import { ContainerModule } from 'inversify'
import type { RedisBackedCache } from '../../adapters/cache/redis-backed-cache.ts'
import { RedisCache } from '../../adapters/cache/redis-cache.ts'
import { RedisClusterCache } from '../../adapters/cache/redis-cluster-cache.ts'
import { CachePort } from '../../application/ports/cache-port.ts'
import { Clock } from '../../application/ports/clock.ts'
import { Random } from '../../application/ports/random.ts'
import type { Config } from '../config.ts'

/** `CACHE=redis`: entries and stamps in Redis, or in a Redis Cluster. */
export const redisCache = (config: Config) =>
  new ContainerModule(({ bind }) => {
    bind(CachePort)
      .toResolvedValue((clock, random) => connectRedis(config, clock, random), [Clock, Random])
      .inSingletonScope()
  })

/** Several URLs are the nodes of a cluster. */
export function connectRedis(config: Config, clock: Clock, random: Random): RedisBackedCache {
  const options = {
    url: config.redisUrls.join(','),
    prefix: config.redisPrefix,
    timeoutMs: config.redisTimeoutMs,
    // A drain must fail in time for the next one to keep the lease.
    invalidateTimeoutMs: Math.max(config.redisTimeoutMs, Math.floor(config.leaseMs / 4)),
  }
  return config.redisUrls.length > 1
    ? new RedisClusterCache(options, clock, random)
    : new RedisCache(options, clock, random)
}
