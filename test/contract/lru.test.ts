import { LruCache } from '../../src/adapters/cache/lru-cache.ts'
import { cacheContract, lookup } from './cache-contract.ts'
import { modelContract } from './model-contract.ts'
import { ManualClock, RealRandom } from './sources.ts'

const clock = new ManualClock()

cacheContract('lru', () => new LruCache({ maxBytes: 8_000_000 }, clock, new RealRandom()), {
  shared: false,
  remembers: true,
  advance: (ms) => clock.advance(ms),
  loseStamp: async (cache, tag) => {
    // More stamps than it has room for: the least recently used go.
    for (let i = 0; i < 5000; i++) await lookup(cache, 'other', [`${tag}:other:${i}`])
  },
})

modelContract('lru', () => new LruCache({ maxBytes: 8_000_000 }, clock, new RealRandom()), {
  remembers: true,
  advance: (ms) => clock.advance(ms),
})
