import { beforeEach, describe, expect, it } from 'vitest'
import { LruCache } from '../../../src/adapters/cache/lru-cache.ts'
import { Drain } from '../../../src/application/consistency/drain.ts'
import { Lease, LeasePermit, TrustedSessions } from '../../../src/application/consistency/lease.ts'
import { NearCache } from '../../../src/application/consistency/near-cache.ts'
import { CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'
import { entryOf } from '../cache/redis-in-memory.ts'
import { FakeCache, FakeLog, FakeSession, FixedRandom, TimerClock } from './fakes.ts'

/** A near cache over a shared one that records what it is asked, drained as the core drains it. */
function world() {
  const steps: string[] = []
  const clock = new TimerClock()
  const log = new FakeLog(steps)
  const redis = new FakeCache('shared', steps)
  const near = new NearCache(new LruCache({ maxBytes: 100_000 }, clock, new FixedRandom()), redis, clock)
  const [lease, leaseInRedis] = [new Lease(clock, 1000), new Lease(clock, 1000)]
  const [trusted, trustedInRedis] = [new TrustedSessions(), new TrustedSessions()]
  const leased = new LeasePermit(trusted, lease)
  leased.behind = new LeasePermit(trustedInRedis, leaseInRedis)
  trusted.behind = trustedInRedis
  const half = { drain: new Drain(redis, log, trustedInRedis, leaseInRedis), lease: leaseInRedis }
  const drain = new Drain(near, log, trusted, lease, half)
  const look = () => near.session()!.lookup('k', ['t'], leased)
  const fill = async (text: string) =>
    near.session()!.store('k', ['t'], entryOf(text), (await look()).fence, 1000)
  return { steps, log, redis, near, lease, leaseInRedis, trusted, drain, look, fill }
}

let w: ReturnType<typeof world>

beforeEach(async () => {
  w = world()
  await w.drain.run()
  w.steps.length = 0
})

/** What was asked of Redis, in order. */
const askedRedis = () => w.steps.filter((step) => /^(lookup|store|invalidate)/.test(step))

describe('a hit in memory', () => {
  it('asks Redis nothing, ten thousand times', async () => {
    await w.fill('x')
    w.steps.length = 0
    for (let i = 0; i < 10_000; i++) {
      const { entry, tier } = await w.look()
      if (entry === undefined || tier !== 'l1') throw new Error(`Look ${i} was no hit in memory`)
    }
    expect(w.steps).toEqual([])
  })

  it('goes on while Redis is gone, and drains renew its lease', async () => {
    await w.fill('x')
    w.redis.present = undefined
    const outcome = await w.drain.run()
    expect(outcome).toMatchObject({ invalidated: false, error: expect.any(CacheUnusable) })
    expect(w.lease.holds).toBe(true)
    expect(w.leaseInRedis.holds).toBe(false)
    expect(await w.look()).toMatchObject({ entry: entryOf('x'), tier: 'l1' })
  })
})

it('what is kept of a key is told by memory, and by Redis where memory has nothing', async () => {
  w.redis.present!.inspect = async () => ({ stamps: ['of Redis'], entries: [] })
  await w.fill('x')
  const { entries } = await w.near.session()!.inspect('k', ['t'])
  expect(entries).toMatchObject([{ tier: 'l1', entry: entryOf('x') }])
  await w.near.session()!.invalidate(['t'])
  expect((await w.near.session()!.inspect('other', ['t'])).stamps).toEqual(['of Redis'])
  w.redis.present = undefined
  expect(await w.near.session()!.inspect('other', ['t'])).toMatchObject({ entries: [], stamps: [undefined] })
})

describe('a miss in memory', () => {
  it('finds in Redis what another instance stored, and has it in memory then', async () => {
    await w.fill('x')
    await w.near.session()!.invalidate(['t'])
    expect(await w.look()).toMatchObject({ entry: entryOf('x'), tier: 'l2' })
    expect(await w.look()).toMatchObject({ entry: entryOf('x'), tier: 'l1' })
  })

  it('keeps what Redis answers under the stamps from before it was asked', async () => {
    await w.fill('x')
    await w.near.session()!.invalidate(['t'])
    const { lookup } = w.redis.present!
    w.redis.present!.lookup = async (...asked) => {
      const found = await lookup.apply(w.redis.present, asked)
      await w.near.session()!.invalidate(['t'])
      return found
    }
    expect(await w.look()).toMatchObject({ tier: 'l2' })
    w.redis.present!.lookup = lookup
    expect(await w.look()).toMatchObject({ tier: 'l2' })
  })

  it('is stored in memory alone where Redis was not asked, or is another by then', async () => {
    const { fence } = await w.look()
    w.redis.present = new FakeSession(w.steps)
    w.steps.length = 0
    expect(await w.near.session()!.store('k', ['t'], entryOf('y'), fence, 1000)).toBe(true)
    w.redis.present = undefined
    expect(await w.look()).toMatchObject({ entry: entryOf('y'), tier: 'l1' })
    await w.near.session()!.invalidate(['t'])
    await w.fill('z')
    expect(askedRedis()).toEqual([])
    expect(await w.look()).toMatchObject({ entry: entryOf('z'), tier: 'l1' })
  })

  it('is not kept where it was asked for without a lease, to be served marked: Redis may have what memory has applied', async () => {
    await w.fill('x')
    await w.near.session()!.invalidate(['t'])
    const marked = await w.near.session()!.lookup('k', ['t'], w.trusted)
    expect(marked).toMatchObject({ entry: entryOf('x'), tier: 'l2' })
    w.leaseInRedis.end()
    expect((await w.look()).entry).toBeUndefined()
  })

  it('does not ask Redis without a lease there', async () => {
    w.leaseInRedis.end()
    expect((await w.look()).fence).toHaveLength(1)
    expect(w.redis.present!.entries.size).toBe(0)
  })
})

describe('a drain of a near cache', () => {
  it('looks at the log for Redis after it has looked for memory, and deletes there first', async () => {
    await w.fill('x')
    w.steps.length = 0
    w.log.add('1', ['t'])
    const { invalidate } = w.near.memory.session()!
    w.near.memory.session()!.invalidate = async (tags) => {
      w.steps.push(`memory ${tags.join(',')}`)
      await invalidate.call(w.near.memory.session(), tags)
    }
    const outcome = await w.drain.run()
    expect(w.steps.filter((step) => !step.startsWith('session'))).toEqual([
      ...['kept since', 'pending since', 'invalidate t', 'markApplied 1'],
      'memory t',
    ])
    expect(outcome).toMatchObject({ invalidated: true, heard: true })
  })

  it('without Redis’s word bypasses it before memory is cleared, acknowledges, and marks nothing', async () => {
    await w.fill('x')
    w.log.add('1', ['t'])
    w.redis.present!.failing.set('invalidate', new CacheUnusable('timeout'))
    let leaseWhenCleared: boolean | undefined
    const { invalidate } = w.near.memory.session()!
    w.near.memory.session()!.invalidate = async (tags) => {
      leaseWhenCleared = w.leaseInRedis.holds
      await invalidate.call(w.near.memory.session(), tags)
    }
    const outcome = await w.drain.run({ awaited: ['t1'] })
    expect(leaseWhenCleared).toBe(false)
    expect(w.log.acknowledgements.lacking(outcome.holders!, 't1')).toEqual([])
    expect(outcome).toMatchObject({ invalidated: false, backlog: { awaited: new Set(['t1']) } })
    expect(w.log.rows).toMatchObject([{ applied: false }])
    expect((await w.look()).entry).toBeUndefined()
  })

  it('leaves a row that it has applied in memory for Redis, and marks it once Redis is back', async () => {
    w.redis.present!.failing.set('invalidate', new CacheUnusable('timeout'))
    w.log.add('1', ['t'])
    await w.drain.run()
    w.redis.present!.failing.clear()
    await w.fill('y')
    expect(await w.drain.run()).toMatchObject({ invalidated: true })
    expect(w.log.rows).toMatchObject([{ applied: true }])
    expect(await w.look()).toMatchObject({ entry: entryOf('y'), tier: 'l1' })
  })

  it('fails with PostgreSQL: neither half has a lease of it', async () => {
    w.log.failing.add('kept')
    await expect(w.drain.run()).resolves.toMatchObject({ invalidated: false, heard: false })
    expect(askedRedis()).toEqual([])
  })
})
