import { afterAll } from 'vitest'
import { RedisCache } from '../../src/adapters/cache/redis-cache.ts'
import { startRedis } from '../support/redis.ts'
import { cacheContract } from './cache-contract.ts'
import { modelContract } from './model-contract.ts'
import { redisOutages } from './redis-outages.ts'
import { RealClock, RealRandom } from './sources.ts'

const server = await startRedis()
afterAll(() => server.stop())

const options = { url: server.url, prefix: 'contract:', timeoutMs: 2000, invalidateTimeoutMs: 5000 }

cacheContract('redis', () => new RedisCache(options, new RealClock(), new RealRandom()), {
  shared: true,
  remembers: true,
  ...redisOutages((options) => new RedisCache(options, new RealClock(), new RealRandom())),
  loseStamp: async (_cache, tag) => void (await server.cli('DEL', `contract:stamp:${tag}`)),
})

modelContract('redis', () => new RedisCache(options, new RealClock(), new RealRandom()), {
  remembers: true,
  mishaps: { flush: async () => void (await server.cli('FLUSHALL')) },
})
