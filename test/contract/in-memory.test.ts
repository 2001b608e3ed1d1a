import { LruCache } from '../../src/adapters/cache/lru-cache.ts'
import { TieredCache } from '../../src/adapters/cache/tiered-cache.ts'
import { NearCache } from '../../src/application/consistency/near-cache.ts'
import type { CacheSession } from '../../src/application/consistency/ports/cache-port.ts'
import { MemoryRedis, MemoryRedisCache } from '../unit/cache/redis-in-memory.ts'
import { cacheContract, untilUsable } from './cache-contract.ts'
import { ManualClock, RealRandom } from './sources.ts'

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

/** Both halves, in the order of a drain: alone, a near cache's session deletes in its memory. */
class DrainedNearCache extends NearCache {
  readonly #whole = new WeakSet<CacheSession>()

  override session(): CacheSession | undefined {
    const session = super.session()
    if (session === undefined || this.#whole.has(session)) return session
    const inMemory = session.invalidate.bind(session)
    session.invalidate = async (tags) => {
      await this.behind.session()?.invalidate(tags)
      await inMemory(tags)
    }
    this.#whole.add(session)
    return session
  }
}

cacheContract(
  'near over redis in memory',
  async () => {
    const behind = new MemoryRedisCache(server, clock, PATIENT)
    await untilUsable(behind)
    return new DrainedNearCache(new LruCache({ maxBytes: 8_000_000 }, clock, new RealRandom()), behind, clock)
  },
  { remembers: true, shared: false, advance: traits.advance },
)
