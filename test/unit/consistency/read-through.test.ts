import { beforeEach, describe, expect, it } from 'vitest'
import { LoadQueue } from '../../../src/application/consistency/load-queue.ts'
import { type CachePort, CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'
import {
  type ReadObserver,
  ReadThrough,
  type ReadThroughOptions,
} from '../../../src/application/consistency/read-through.ts'
import { GRACE_MS } from '../../../src/application/consistency/representation.ts'
import type { Found } from '../../../src/application/consistency/view.ts'
import {
  databaseDown,
  deferred,
  FakeCache,
  FakeSession,
  FakeSnapshots,
  FixedRandom,
  Switch,
  settled,
  TimerClock,
  type Version,
  versionView,
} from './fakes.ts'

/** A view of the world's database: one number, or nothing. */
function world(reach: CachePort['reach'] = 'shared', options: Partial<ReadThroughOptions<undefined>> = {}) {
  const clock = new TimerClock()
  clock.monotonicMs = 7000
  const random = new FixedRandom()
  const cache = new FakeCache(reach)
  const leased = new Switch()
  const trusted = new Switch()
  const observed: string[] = []
  /** How long each load took, in ms. */
  const took: number[] = []
  const observer: ReadObserver = {
    read: (_view, { kind }) => observed.push(kind),
    loaded: (_view, ms, outcome) => {
      observed.push(outcome)
      took.push(ms)
    },
  }
  const database = { version: 1 as number | undefined, loads: 0, loadMs: 0, down: false }
  const load = async (_id: string): Promise<Found<Version>> => {
    database.loads += 1
    clock.monotonicMs += database.loadMs
    if (database.down) throw databaseDown()
    return database.version === undefined ? undefined : { value: { version: database.version } }
  }
  const view = versionView((id) => w.load(id))
  const reads = new ReadThrough(
    cache,
    { leased, trusted },
    new FakeSnapshots(),
    new LoadQueue((run) => run(), 10),
    clock,
    random,
    observer,
    { serveUnverified: true, ...options },
  )
  const w = { clock, random, cache, leased, trusted, observed, took, database, load, view, reads }
  return {
    ...w,
    /** Replaces the load for what comes. */
    loading: (other: typeof load) => {
      w.load = other
    },
    read: (id = 'x') => reads.read(view, id),
    readStrictly: (id = 'x') => reads.read({ ...view, alwaysVerified: true }, id),
  }
}

let w: ReturnType<typeof world>
beforeEach(() => {
  w = world()
})

const TTL_MS = 100_000

describe('a read', () => {
  it('misses, stores, and hits', async () => {
    const miss = await w.read()
    expect(miss.status).toEqual({ kind: 'miss', stored: true })
    expect(miss.value()).toEqual({ version: 1 })
    await w.clock.advance(1500)
    const hit = await w.read()
    expect(hit.status).toEqual({ kind: 'hit', tier: 'l2', ttlS: 98 })
    expect(hit.body).toBe(miss.body)
    expect(hit.etag).toBe(miss.etag)
    expect(w.database.loads).toBe(1)
    expect(w.observed).toEqual(['stored', 'miss', 'hit'])
  })

  it('observes before it loads, and stores under what it observed', async () => {
    const steps: string[] = w.cache.present!.steps
    w.loading(async () => {
      steps.push('load')
      // A write commits and invalidates while the load is under way.
      await w.cache.present!.invalidate(['tag:x'])
      return { value: { version: 1 } }
    })
    await w.read()
    expect(steps.filter((step) => step !== 'session')).toEqual([
      'lookup thing:x',
      'load',
      'invalidate tag:x',
      'store thing:x',
    ])
    w.loading(async () => ({ value: { version: 2 } }))
    expect((await w.read()).value()).toEqual({ version: 2 })
  })

  it('loads again at its expiry, not before', async () => {
    w.random.next = 0
    await w.read()
    await w.clock.advance(0.9 * TTL_MS - 1)
    expect((await w.read()).status.kind).toBe('hit')
    await w.clock.advance(1)
    expect((await w.read()).status.kind).toBe('miss')
  })

  it('remembers for 30 s that there is nothing, and not an hour longer', async () => {
    w.database.version = undefined
    expect((await w.read()).exists).toBe(false)
    const hit = await w.read()
    expect(hit.status).toEqual({ kind: 'hit', tier: 'l2', ttlS: 30 })
    expect(hit.exists).toBe(false)
    expect(w.cache.present!.entries.get('thing:x')!.keepMs).toBe(30_000)
    w.database.version = 1
    await w.clock.advance(30_000)
    expect((await w.read()).exists).toBe(true)
  })

  it('keeps what exists for an hour past its TTL', async () => {
    await w.read()
    expect(w.cache.present!.entries.get('thing:x')!.keepMs).toBe(TTL_MS + GRACE_MS)
    expect(GRACE_MS).toBe(3_600_000)
  })

  it('answers when the cache refuses to store', async () => {
    w.cache.present!.failing.set('store', new CacheUnusable('timeout'))
    expect((await w.read()).status).toEqual({ kind: 'miss', stored: false })
    expect(w.observed).toEqual(['refused', 'miss'])
  })

  it('stores nothing when the lease lapsed during the load', async () => {
    w.loading(async () => {
      w.leased.open = false
      return { value: { version: 1 } }
    })
    expect((await w.read()).status).toEqual({ kind: 'miss', stored: false })
    expect(w.cache.present!.entries.size).toBe(0)
  })

  it('stores over the session that observed, never over a newer one', async () => {
    const old = w.cache.present!
    w.loading(async () => {
      w.cache.present = new FakeSession()
      return { value: { version: 1 } }
    })
    await w.read()
    expect(old.entries.size).toBe(1)
    expect(w.cache.present!.entries.size).toBe(0)
  })

  it('hands on what is no fault of the cache', async () => {
    const bug = new TypeError('a bug')
    w.cache.present!.failing.set('lookup', bug)
    await expect(w.read()).rejects.toBe(bug)
  })

  it('hands on what is no fault of the cache when it stores, too', async () => {
    const bug = new TypeError('a bug')
    w.cache.present!.failing.set('store', bug)
    await expect(w.read()).rejects.toBe(bug)
  })

  it('takes an entry of which the cache does not say where it was for one of this process', async () => {
    await w.read()
    const session = w.cache.present!
    const { entry, fence } = session.entries.get('thing:x')!
    session.lookup = async () => ({ entry, fence })
    expect((await w.read()).status).toMatchObject({ kind: 'hit', tier: 'l1' })
  })

  it('tells how long each load took, and which failed', async () => {
    w.database.loadMs = 40
    await w.read()
    w.database.down = true
    w.database.loadMs = 60
    await expect(w.read('y')).rejects.toThrow()
    expect(w.observed).toEqual(['stored', 'miss', 'failed'])
    expect(w.took).toEqual([40, 60])
  })
})

describe('a read that cannot use the cache', () => {
  it.each([
    ['no-cache', () => world('none')],
    [
      'unreachable',
      () => {
        const away = world()
        away.cache.present = undefined
        return away
      },
    ],
    [
      'no-lease',
      () => {
        const shut = world()
        shut.leased.open = false
        return shut
      },
    ],
    [
      'timeout',
      () => {
        const slow = world()
        slow.cache.present!.failing.set('lookup', new CacheUnusable('timeout'))
        return slow
      },
    ],
  ] as const)('%s: loads, stores nothing, and says why', async (reason, make) => {
    const there = make()
    expect((await there.read()).status).toEqual({ kind: 'bypass', reason })
    await there.read()
    expect(there.database.loads).toBe(2)
    expect(there.cache.steps.join()).not.toContain('store')
    expect(there.observed).toEqual(['unstored', 'bypass', 'unstored', 'bypass'])
  })

  it('asks a cache without a lease for nothing', async () => {
    w.leased.open = false
    await w.read()
    expect(w.cache.present!.steps).toEqual(['session'])
  })

  it('never joins a load that has started', async () => {
    const bypassing = world('none')
    const older = deferred<Found<Version>>()
    bypassing.loading(() => older.promise)
    bypassing.read()
    await settled()
    bypassing.loading(async () => ({ value: { version: 2 } }))
    expect((await bypassing.read()).value()).toEqual({ version: 2 })
  })

  it('is turned away when too many loads wait', async () => {
    const bypassing = world('none')
    bypassing.loading(() => new Promise(() => {}))
    for (let i = 0; i < 10; i++) bypassing.read(`other-${i}`)
    await expect(bypassing.read()).rejects.toMatchObject({ code: 'overloaded' })
  })
})

describe('early refresh', () => {
  /** Stores an entry whose load took 1 s, and goes to this long before its expiry. */
  async function nearExpiry(leftMs: number): Promise<void> {
    w.database.loadMs = 1000
    await w.read()
    await w.clock.advance(TTL_MS - leftMs)
    w.database.version = 2
  }

  // -ln(1 - u) load times early: with u = 0.5 that is 693 ms.
  it.each([
    { leftMs: 700, fraction: 0.5, refreshes: false },
    { leftMs: 690, fraction: 0.5, refreshes: true },
    { leftMs: 5000, fraction: 0.5, refreshes: false },
    { leftMs: 5000, fraction: 0.9999, refreshes: true },
    { leftMs: 1, fraction: 0, refreshes: false },
  ])('$leftMs ms before expiry, with $fraction: $refreshes', async ({ leftMs, fraction, refreshes }) => {
    await nearExpiry(leftMs)
    w.random.next = fraction
    const hit = await w.read()
    expect(hit.status.kind).toBe('hit')
    expect(hit.value()).toEqual({ version: 1 })
    await settled()
    expect(w.database.loads).toBe(refreshes ? 2 : 1)
    w.random.next = 0
    expect((await w.read()).value()).toEqual({ version: refreshes ? 2 : 1 })
  })

  it('stores under the fence of the hit: a write meanwhile makes it void', async () => {
    await nearExpiry(1)
    const load = deferred<Found<Version>>()
    w.loading(() => load.promise)
    expect((await w.read()).status.kind).toBe('hit')
    await w.cache.present!.invalidate(['tag:x'])
    load.resolve({ value: { version: 1 } })
    await settled()
    w.loading(async () => ({ value: { version: 3 } }))
    const after = await w.read()
    expect(after.value()).toEqual({ version: 3 })
    expect(after.status.kind).toBe('miss')
  })

  it('of many hits loads once, and a failing one fails no read', async () => {
    await nearExpiry(1)
    let loads = 0
    w.loading(async () => {
      loads += 1
      throw databaseDown()
    })
    const hits = await w.reads.readMany(w.view, ['x', 'x', 'x'])
    expect(hits.map(({ status }) => status.kind)).toEqual(['hit', 'hit', 'hit'])
    await settled()
    expect(loads).toBe(1)
    expect((await w.read()).status.kind).toBe('hit')
  })
})

describe('with the database out of reach', () => {
  beforeEach(async () => {
    await w.read()
    w.database.down = true
  })

  it('an entry past its TTL is served marked, with its age', async () => {
    await w.clock.advance(TTL_MS + 5500)
    const reading = await w.read()
    expect(reading.status).toEqual({ kind: 'unverified', ageS: 105 })
    expect(reading.value()).toEqual({ version: 1 })
  })

  it('without a lease too, over a session that is trusted', async () => {
    w.leased.open = false
    expect((await w.read()).status).toEqual({ kind: 'unverified', ageS: 0 })
  })

  it.each(['past its TTL', 'without a lease'])('but not a view that is always verified, %s', async (how) => {
    if (how === 'without a lease') w.leased.open = false
    else await w.clock.advance(TTL_MS)
    await expect(w.readStrictly()).rejects.toMatchObject({ code: 'database-unavailable' })
  })

  it.each([
    ['that there is no such thing', undefined],
    ['what only one account may see', { value: { version: 1 }, visibleTo: 'rosa' }],
  ])('but not %s: the error that tells others so cannot carry the mark', async (_, found) => {
    w.database.down = false
    w.loading(async () => found)
    await w.read('y')
    w.loading(w.load)
    w.database.down = true
    w.leased.open = false
    await expect(w.read('y')).rejects.toMatchObject({ code: 'database-unavailable' })
    w.leased.open = true
    await w.clock.advance(TTL_MS + 5500)
    await expect(w.read('y')).rejects.toMatchObject({ code: 'database-unavailable' })
  })

  it('but never over one that has not been replayed', async () => {
    w.leased.open = false
    w.trusted.open = false
    w.cache.present!.steps.length = 0
    await expect(w.read()).rejects.toMatchObject({ code: 'database-unavailable' })
    expect(w.cache.present!.steps).not.toContain('lookup thing:x')
  })

  it('and never what has been invalidated', async () => {
    await w.cache.present!.invalidate(['tag:x'])
    await expect(w.read()).rejects.toMatchObject({ code: 'database-unavailable' })
    w.leased.open = false
    await expect(w.read()).rejects.toMatchObject({ code: 'database-unavailable' })
  })

  it('nor anything when the cache is gone as well', async () => {
    w.cache.present = undefined
    await expect(w.read()).rejects.toMatchObject({ code: 'database-unavailable' })
  })

  it('another failure of the cache is told as it is', async () => {
    const bug = new TypeError('a bug')
    w.leased.open = false
    w.cache.present!.failing.set('lookup', bug)
    await expect(w.read()).rejects.toBe(bug)
  })

  it('a reader who was turned away is told so: the database may be there, and know better', async () => {
    await w.clock.advance(TTL_MS)
    w.loading(() => new Promise(() => {}))
    for (let i = 0; i < 10; i++) w.read(`other-${i}`)
    await settled()
    await expect(w.read()).rejects.toMatchObject({ code: 'overloaded' })
  })

  it('another failure is told as it is', async () => {
    await w.clock.advance(TTL_MS)
    const bug = new TypeError('a bug')
    w.loading(() => Promise.reject(bug))
    await expect(w.read()).rejects.toBe(bug)
  })

  it.each(['past its TTL', 'without a lease'])('SERVE_UNVERIFIED=false: an error, %s', async (how) => {
    const strict = world('shared', { serveUnverified: false })
    await strict.read()
    strict.database.down = true
    if (how === 'without a lease') strict.leased.open = false
    else await strict.clock.advance(TTL_MS)
    strict.cache.present!.steps.length = 0
    await expect(strict.read()).rejects.toMatchObject({ code: 'database-unavailable' })
    const asked = how === 'without a lease' ? ['session'] : ['session', 'lookup thing:x']
    expect(strict.cache.present!.steps).toEqual(asked)
  })
})

describe('many reads at once', () => {
  it('after a write never join the load from before it', async () => {
    const older = deferred<Found<Version>>()
    w.loading(() => older.promise)
    w.read()
    await settled()
    await w.cache.present!.invalidate(['tag:x'])
    w.loading(async () => ({ value: { version: 2 } }))
    expect((await w.read()).value()).toEqual({ version: 2 })
  })

  it('share a load only under the very same stamps, wherever one ends and the next begins', async () => {
    const session = w.cache.present!
    let fence = ['a', 'bc']
    session.lookup = async () => ({ fence })
    w.loading(() => new Promise(() => {}))
    w.read()
    await settled()
    fence = ['ab', 'c']
    w.loading(async () => ({ value: { version: 2 } }))
    expect((await w.read()).value()).toEqual({ version: 2 })
  })

  it('of a failing load fail together, and the next one tries again', async () => {
    w.database.down = true
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => w.read()))
    expect(outcomes.map(({ status }) => status)).toEqual(Array(50).fill('rejected'))
    expect(w.database.loads).toBe(1)
    w.database.down = false
    expect((await w.read()).value()).toEqual({ version: 1 })
  })

  it('of one cold key load once, and all get it', async () => {
    const readings = await w.reads.readMany(w.view, Array<string>(200).fill('x'))
    expect(w.database.loads).toBe(1)
    expect(readings.every((reading) => reading.value()?.version === 1)).toBe(true)
  })

  it('of many keys come back in their order', async () => {
    w.loading(async (id) => ({ value: { version: Number(id) } }))
    const readings = await w.reads.readMany(w.view, ['3', '1', '2'])
    expect(readings.map((reading) => reading.value()!.version)).toEqual([3, 1, 2])
  })
})
