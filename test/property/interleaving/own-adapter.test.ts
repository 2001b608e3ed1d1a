import { expect, test } from 'vitest'
import { LruCache } from '../../../src/adapters/cache/lru-cache.ts'
import type { CachePort } from '../../../src/application/consistency/ports/cache-port.ts'
import { Allowed } from '../../contract/cache-contract.ts'
import { dose } from '../../support/dose.ts'
import type { SimulatedIngredients } from './simulation/own-cache.ts'
import { simulationContract, storyOf } from './simulation-contract.ts'

const make = ({ clock, random }: SimulatedIngredients) => new LruCache({ maxBytes: 100_000 }, clock, random)

simulationContract(
  { name: 'a private adapter of one’s own', reach: 'private', make },
  { schedules: dose(500, 2000) },
)

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
  timeout: 120_000,
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
