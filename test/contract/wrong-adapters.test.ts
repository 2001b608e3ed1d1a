import { expect, it } from 'vitest'
import { LruCache } from '../../src/adapters/cache/lru-cache.ts'
import type { CachePort, CacheSession } from '../../src/application/consistency/ports/cache-port.ts'
import { Allowed, brokenRules } from './cache-contract.ts'
import { checkModel } from './model-contract.ts'
import { ManualClock, RealRandom } from './sources.ts'

const clock = new ManualClock()

class PlainCache extends LruCache {
  constructor() {
    super({ maxBytes: 8_000_000 }, clock, new RealRandom())
  }
}

/** A sound cache, but for what its sessions do instead. */
function withSessions(change: (session: CacheSession, cache: CachePort) => Partial<CacheSession>): CachePort {
  const cache = new PlainCache()
  const changed = new WeakSet<CacheSession>()
  const give = cache.session.bind(cache)
  cache.session = () => {
    const session = give()
    if (changed.has(session)) return session
    changed.add(session)
    return Object.assign(session, change(session, cache))
  }
  return cache
}

const WRONG: Record<string, { make: () => CachePort; rule: string; because: RegExp }> = {
  'raw errors': {
    make: () =>
      withSessions((session, cache) => {
        const lookup = session.lookup.bind(session)
        return {
          lookup: (...args) => {
            if (cache.session() !== session) throw new TypeError('socket is undefined')
            return lookup(...args)
          },
        }
      }),
    rule: 'what is still under way on a session given up answers or cannot be used, and a private cache forgets it',
    because: /lookup threw TypeError: socket is undefined: a session throws CacheUnusable, and nothing else/,
  },
  'an invalidation that hangs': {
    make: () => withSessions(() => ({ invalidate: () => new Promise(() => {}) })),
    rule: 'an invalidated entry is never returned',
    because: /invalidate has not ended within 100 ms: every call has a deadline of the adapter's own/,
  },
  'use after reset': {
    make: () => Object.assign(new PlainCache(), { reset: () => {} }),
    rule: 'a session given up is not the session given out next',
    because: /reset\(\) leaves the session in use/,
  },
  'a TTL that is ignored': {
    make: () =>
      withSessions((session) => {
        const store = session.store.bind(session)
        return { store: (key, tags, entry, fence) => store(key, tags, entry, fence, 1e9) }
      }),
    rule: 'an entry is not kept past its time',
    because: /It returned «old»/,
  },
  'the first tag alone': {
    make: () =>
      withSessions((session) => {
        const [lookup, store] = [session.lookup.bind(session), session.store.bind(session)]
        return {
          lookup: async (key, tags, permit) => {
            const { fence, ...found } = await lookup(key, tags.slice(0, 1), permit)
            return { ...found, fence: tags.map((tag, i) => fence[i] ?? tag) }
          },
          store: (key, tags, entry, fence, keepMs) => store(key, tags, entry, fence.slice(0, 1), keepMs),
        }
      }),
    rule: 'each of its tags invalidates an entry',
    because: /It returned «old»/,
  },
  'a late fill that is kept': {
    make: () =>
      withSessions((session) => {
        const store = session.store.bind(session)
        return {
          store: async (key, tags, entry, _fence, keepMs) =>
            store(key, tags, entry, (await session.lookup(key, tags, new Allowed())).fence, keepMs),
        }
      }),
    rule: 'an entry whose load began before the invalidation is never returned, however late it is stored',
    because: /It returned «old»/,
  },
}

const traits = {
  shared: false,
  remembers: true,
  callMs: 100,
  advance: (ms: number) => clock.advance(ms),
} as const

it.each(Object.entries(WRONG))('an adapter with %s is told which rule it breaks', async (_, wrong) => {
  const broken = await brokenRules('mine', wrong.make, traits)
  const told = broken.find(({ rule }) => rule === wrong.rule)
  expect(told?.error.message).toContain(`mine breaks a rule of the cache port: ${wrong.rule}. `)
  expect(told?.error.message).toMatch(wrong.because)
})

it('the adapter that they were made from breaks none', async () => {
  expect(await brokenRules('mine', () => new PlainCache(), { ...traits, callMs: 20_000 })).toEqual([])
})

it.each(['the first tag alone', 'a late fill that is kept'])(
  'an adapter with %s is told by the model what was read, and what the database says',
  async (name) => {
    const told = checkModel('mine', WRONG[name]!.make, { remembers: true, runs: 50 })
    await expect(told).rejects.toThrow(
      /mine breaks the promise: after .*, instance \d reads item \d as «.*» \(hit\), and the database says «/,
    )
  },
)
