/** Redis, a Redis Cluster, and memory that is checked against either. They need ioredis. */
export type { RedisCacheOptions } from '../src/adapters/cache/redis-backed-cache.ts'
export { RedisCache, RedisClusterCache } from '../src/adapters/cache/redis-cache.ts'
export { TieredCache, type TieredCacheOptions } from '../src/adapters/cache/tiered-cache.ts'
