import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RedisRefusal } from '../../../src/adapters/cache/redis-commands.ts'
import { TieredCache } from '../../../src/adapters/cache/tiered-cache.ts'
import { untilUsable } from '../../contract/cache-contract.ts'
import { ManualClock } from '../../contract/sources.ts'
import { entryOf, Lease, MemoryRedis, MemoryRedisCache } from './redis-in-memory.ts'

const PREFIX = 'marketflow:'

let clock: ManualClock
let server: MemoryRedis
let here: TieredCache
/** Another instance over the same Redis. */
let there: TieredCache

beforeEach(async () => {
  clock = new ManualClock()
  server = new MemoryRedis(clock)
  const open = () => new TieredCache(new MemoryRedisCache(server, clock), { maxBytes: 100_000 }, clock)
  here = open()
  there = open()
  await Promise.all([untilUsable(here), untilUsable(there)])
})

afterEach(async () => {
  await Promise.all([here.close(), there.close()])
})

const look = (cache: TieredCache) => cache.session()!.lookup('k', ['t'], new Lease())

async function fill(cache: TieredCache, text = 'x', keepMs = 1000): Promise<void> {
  const { fence } = await look(cache)
  await cache.session()!.store('k', ['t'], entryOf(text), fence, keepMs)
  server.asked.length = 0
}

describe('an entry in L1', () => {
  it('is served when the stamps are Redis’s, and costs no way over the network', async () => {
    await fill(here)
    const found = await look(here)
    expect(found).toEqual({ entry: entryOf('x'), tier: 'l1', fence: found.fence })
    expect(found.fence).toHaveLength(1)
    expect(server.asked).toEqual([`read ${PREFIX}stamp:t`])
  })

  it('is dropped, and looked for in Redis, when they are not', async () => {
    await fill(here)
    await there.session()!.invalidate(['t'])
    await fill(there, 'y')
    expect(await look(here)).toMatchObject({ entry: entryOf('y'), tier: 'l2' })
    expect(await look(here)).toMatchObject({ entry: entryOf('y'), tier: 'l1' })
  })

  it('takes no memory once it was found to be old', async () => {
    await fill(here)
    expect(here.health()).toMatchObject({ entries: 1 })
    await there.session()!.invalidate(['t'])
    expect((await look(here)).entry).toBeUndefined()
    expect(here.health()).toMatchObject({ entries: 0, bytes: 0 })
  })

  it('lives no longer than was said', async () => {
    await fill(here, 'x', 1000)
    clock.advance(999)
    expect((await look(here)).tier).toBe('l1')
    clock.advance(1)
    expect((await look(here)).entry).toBeUndefined()
  })
})

describe('a store', () => {
  const SMALL = 100
  const LARGE = 200_000

  it.each([
    { what: 'in both tiers', bytes: SMALL, full: false, kept: true },
    { what: 'in L1 alone, when Redis is full', bytes: SMALL, full: true, kept: true },
    { what: 'in Redis alone, when it is larger than L1', bytes: LARGE, full: false, kept: true },
    { what: 'nowhere', bytes: LARGE, full: true, kept: false },
  ])('says whether the entry is kept: $what', async ({ bytes, full, kept }) => {
    const { fence } = await look(here)
    if (full) server.failing.set('set', new RedisRefusal('OOM command not allowed'))
    expect(await here.session()!.store('k', ['t'], entryOf('x'.repeat(bytes)), fence, 1000)).toBe(kept)
    expect((await look(here)).entry !== undefined).toBe(kept)
  })
})

describe('an entry in Redis', () => {
  it('is promoted under its own stamps', async () => {
    await fill(here)
    expect(there.health().entries).toBe(0)
    expect(await look(there)).toMatchObject({ entry: entryOf('x'), tier: 'l2' })
    expect(await look(there)).toMatchObject({ entry: entryOf('x'), tier: 'l1' })
  })

  it('lives in L1 no longer than Redis keeps it', async () => {
    await fill(here, 'x', 1000)
    clock.advance(600)
    await look(there)
    clock.advance(399)
    expect((await look(there)).tier).toBe('l1')
    clock.advance(1)
    expect((await look(there)).entry).toBeUndefined()
  })

  it('that was stored under other stamps is neither served nor promoted', async () => {
    await look(here)
    await here.session()!.store('k', ['t'], entryOf('x'), ['other'], 1000)
    expect(await look(there)).toMatchObject({ fence: [expect.any(String)] })
    expect(await look(there)).not.toHaveProperty('entry')
    expect(there.health().entries).toBe(0)
  })
})

describe('the session', () => {
  it('is one for each session of Redis', async () => {
    const session = here.session()
    expect(here.session()).toBe(session)
    here.reset()
    expect(here.session()).toBeUndefined()
    await untilUsable(here)
    expect(here.session()).not.toBe(session)
  })

  it('is the one that the permit is asked about, in either tier', async () => {
    const lease = new Lease()
    const session = here.session()!
    await fill(here)
    await session.lookup('k', ['t'], lease)
    await there.session()!.invalidate(['t'])
    await session.lookup('k', ['t'], lease)
    expect(lease.asked.length).toBeGreaterThan(2)
    expect(lease.asked.every((each) => each === session)).toBe(true)
  })
})

describe('giving up', () => {
  it('empties L1 with the connection', async () => {
    await fill(here)
    here.reset()
    expect(here.health()).toEqual({ connected: false, breaker: 'closed', entries: 0, bytes: 0 })
  })

  it('empties L1 and closes Redis when it is closed', async () => {
    await fill(here)
    await here.close()
    expect(here.session()).toBeUndefined()
    expect(here.health()).toMatchObject({ connected: false, entries: 0 })
  })
})

describe('what it says of itself', () => {
  it('is shared, and how much L1 keeps', async () => {
    expect(here.name).toBe('tiered')
    expect(here.reach).toBe('shared')
    await fill(here)
    const { bytes, ...health } = here.health()
    expect(health).toEqual({ connected: true, breaker: 'closed', entries: 1 })
    expect(bytes).toBeGreaterThan(0)
  })

  it('inspected, is both tiers, the nearer first', async () => {
    await fill(here)
    const stamp = server.get(`${PREFIX}stamp:t`)!.toString()
    const { entries, stamps } = await here.session()!.inspect('k', ['t'])
    expect(stamps).toEqual([stamp])
    expect(entries).toEqual([
      { tier: 'l1', entry: entryOf('x'), fence: [stamp] },
      { tier: 'l2', entry: entryOf('x'), fence: [stamp] },
    ])
    expect((await there.session()!.inspect('k', ['t'])).entries).toMatchObject([{ tier: 'l2' }])
  })
})
