import { afterAll } from 'vitest'
import type { RedisCacheOptions } from '../../src/adapters/cache/redis-backed-cache.ts'
import { RedisCache } from '../../src/adapters/cache/redis-cache.ts'
import { TieredCache } from '../../src/adapters/cache/tiered-cache.ts'
import { startRedis } from '../support/redis.ts'
import { cacheContract } from './cache-contract.ts'
import { redisOutages } from './redis-outages.ts'
import { RealClock, RealRandom } from './sources.ts'

const server = await startRedis()
afterAll(() => server.stop())

const clock = new RealClock()
const real = { url: server.url, prefix: 'contract:', timeoutMs: 2000, invalidateTimeoutMs: 5000 }

function makeTiered(options: RedisCacheOptions = real): TieredCache {
  return new TieredCache(new RedisCache(options, clock, new RealRandom()), { maxBytes: 8_000_000 }, clock)
}

cacheContract('tiered', () => makeTiered(), {
  shared: true,
  remembers: true,
  ...redisOutages(makeTiered),
  loseStamp: async (_cache, tag) => void (await server.cli('DEL', `contract:stamp:${tag}`)),
})
