import { afterAll } from 'vitest'
import { RedisCache } from '../../src/adapters/cache/redis-cache.ts'
import { TieredCache } from '../../src/adapters/cache/tiered-cache.ts'
import { startRedis } from '../support/redis.ts'
import { cacheContract } from './cache-contract.ts'
import { RealClock, RealRandom } from './sources.ts'

const server = await startRedis()
afterAll(() => server.stop())

const clock = new RealClock()
const options = { url: server.url, prefix: 'contract:', timeoutMs: 2000, invalidateTimeoutMs: 5000 }

function makeTiered(): TieredCache {
  return new TieredCache(new RedisCache(options, clock, new RealRandom()), { maxBytes: 8_000_000 }, clock)
}

cacheContract('tiered', makeTiered, {
  shared: true,
  remembers: true,
  loseStamp: async (_cache, tag) => void (await server.cli('DEL', `contract:stamp:${tag}`)),
})
