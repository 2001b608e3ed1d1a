import { afterAll } from 'vitest'
import { RedisClusterCache } from '../../src/adapters/cache/redis-cache.ts'
import { startRedisCluster } from '../support/redis-cluster.ts'
import { cacheContract } from './cache-contract.ts'
import { RealClock, RealRandom } from './sources.ts'

const cluster = await startRedisCluster()
afterAll(() => cluster.stop())

const options = { url: cluster.url, prefix: 'contract:', timeoutMs: 2000, invalidateTimeoutMs: 5000 }

cacheContract('redis cluster', () => new RedisClusterCache(options, new RealClock(), new RealRandom()), {
  shared: true,
  remembers: true,
  loseStamp: async (_cache, tag) => {
    // Two of the three answer that the slot is not theirs.
    await Promise.allSettled(cluster.nodes.map((node) => node.cli('DEL', `contract:stamp:${tag}`)))
  },
})
