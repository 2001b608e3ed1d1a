import { expect, test } from 'vitest'
import { LruCache } from '../../../src/adapters/cache/lru-cache.ts'
import {
  type CachePort,
  type CacheSession,
  CacheUnusable,
} from '../../../src/application/consistency/ports/cache-port.ts'
import { Allowed } from '../../contract/cache-contract.ts'
import { RemoteCache } from '../../contract/examples/remote-cache.ts'
import { simulatedCommands, simulatedServer } from '../../contract/examples/simulated-server.ts'
import type { OwnCache, OwnServer, SimulatedIngredients } from './simulation/own-cache.ts'
import { simulationContract, storyOf } from './simulation-contract.ts'

const make = ({ clock, random }: SimulatedIngredients) => new LruCache({ maxBytes: 100_000 }, clock, random)

simulationContract({ name: 'a private adapter of one’s own', reach: 'private', make }, { schedules: 2000 })

const { empty, evict } = simulatedServer
/** Unlike memcached it keeps a dump, from which it comes back. */
const server: OwnServer<Map<string, Buffer>> = { empty, evict: evict!, copy: (values) => new Map(values) }

const makeShared = ({ clock, random, connect }: SimulatedIngredients) =>
  new RemoteCache(
    { name: 'remote', prefix: '', open: async () => simulatedCommands(await connect()) },
    clock,
    random,
  )

simulationContract(
  { name: 'a shared adapter whose server comes back old', reach: 'shared', server, make: makeShared },
  { schedules: 2000 },
)

/** The session outlives its connection, so that the next one is trusted as the last one was. */
function withOneSession(ingredients: SimulatedIngredients): CachePort {
  const cache = makeShared(ingredients)
  const give = cache.session.bind(cache)
  const now = () => {
    const session = give()
    if (session === undefined) throw new CacheUnusable('unreachable')
    return session
  }
  const one: CacheSession = {
    lookup: async (...args) => now().lookup(...args),
    store: async (...args) => now().store(...args),
    invalidate: async (...args) => now().invalidate(...args),
    inspect: async (...args) => now().inspect(...args),
  }
  cache.session = () => (give() === undefined ? undefined : one)
  return cache
}

test('a session that outlives its connection serves what a server that came back old still has', {
  timeout: 300_000,
}, async () => {
  const cache: OwnCache = { name: 'one session', reach: 'shared', server, make: withOneSession }
  expect(await storyOf(cache, 20_000)).toMatch(/fault: restart dump[\s\S]*stale: read version/)
})

/** Entries are kept under the stamps of when they are stored, and not under those observed before the load. */
function withLateFills(ingredients: SimulatedIngredients): CachePort {
  const cache = make(ingredients)
  const give = cache.session.bind(cache)
  const seen = new WeakSet<object>()
  cache.session = () => {
    const session = give()
    if (seen.has(session)) return session
    seen.add(session)
    const store = session.store.bind(session)
    session.store = async (key, tags, entry, _fence, keepMs) =>
      store(key, tags, entry, (await session.lookup(key, tags, new Allowed())).fence, keepMs)
    return session
  }
  return cache
}

test('a wrong adapter of one’s own is told by every step that leads to a stale read', {
  timeout: 300_000,
}, async () => {
  const story = await storyOf({ name: 'late', reach: 'private', make: withLateFills }, 20_000)
  expect(story).toMatch(/stale: read version \d+, though version \d+ was answered before the read began/)
  expect(story).toContain('Every step')
})

test('a shared adapter that does not say what its server is, is refused', async () => {
  await expect(storyOf({ name: 'lost', reach: 'shared', make }, 1)).rejects.toThrow(
    'lost is shared, so its `server` is needed: what it is when it is empty',
  )
})
