import { TieredCache } from '../../src/adapters/cache/tiered-cache.ts'
import { MemoryRedis, MemoryRedisCache } from '../unit/cache/redis-in-memory.ts'
import { cacheContract } from './cache-contract.ts'
import { ManualClock } from './sources.ts'

const PREFIX = 'marketflow:'
const clock = new ManualClock()
const server = new MemoryRedis(clock)
const traits = {
  shared: true,
  remembers: true,
  advance: (ms: number) => clock.advance(ms),
  loseStamp: async (_cache: unknown, tag: string) => server.delete(`${PREFIX}stamp:${tag}`),
}
const PATIENT = { timeoutMs: 60_000, invalidateTimeoutMs: 60_000 }

cacheContract('redis in memory', () => new MemoryRedisCache(server, clock, PATIENT), traits)
cacheContract(
  'tiered over redis in memory',
  () => new TieredCache(new MemoryRedisCache(server, clock, PATIENT), { maxBytes: 8_000_000 }, clock),
  traits,
)
