import { beforeEach, describe, expect, it } from 'vitest'
import { LoadQueue } from '../../../src/application/consistency/load-queue.ts'
import { ReadThrough } from '../../../src/application/consistency/read-through.ts'
import { ShadowCheck, type ShadowReport } from '../../../src/application/consistency/shadow-check.ts'
import type { Found, View } from '../../../src/application/consistency/view.ts'
import { rendered } from '../../../src/application/consistency/view.ts'
import {
  databaseDown,
  deferred,
  FakeCache,
  FakeSnapshots,
  FixedRandom,
  Switch,
  settled,
  TimerClock,
  type Version,
  versionView,
} from './fakes.ts'

const LEASE_MS = 1000

/** A database of one number, read through a cache that is watched. */
function world(share = 1, as = (view: View<string, Version, unknown>) => view) {
  const clock = new TimerClock()
  const random = new FixedRandom()
  const cache = new FakeCache()
  const leased = new Switch()
  const snapshots = new FakeSnapshots()
  const loads = new LoadQueue((run) => run(), 100)
  const reports: ShadowReport[] = []
  const database = {
    version: 1 as number | undefined,
    visibleTo: '',
    load: undefined as (() => Promise<void>) | undefined,
  }
  const data = versionView(async (): Promise<Found<Version>> => {
    const { version, visibleTo, load } = database
    await load?.()
    return version === undefined ? undefined : { value: { version }, visibleTo }
  })
  const view = as(data)
  const shadow = new ShadowCheck(
    cache,
    leased,
    snapshots,
    loads,
    clock,
    random,
    { share, leaseMs: LEASE_MS },
    (report) => reports.push(report),
  )
  const permits = { leased, trusted: leased }
  const observer = { read: () => {}, loaded: () => {} }
  const options = { serveUnverified: true, hits: shadow }
  const reads = new ReadThrough(cache, permits, snapshots, loads, clock, random, observer, options)
  return {
    ...{ clock, random, cache, leased, loads, reports, database, shadow, view },
    read: () => reads.read(view, 'x'),
    outcomes: () => reports.map(({ outcome }) => outcome),
    /** A write that says so. */
    write: async () => {
      database.version = (database.version ?? 0) + 1
      await cache.present!.invalidate(['tag:x'])
    },
  }
}

let w: ReturnType<typeof world>
beforeEach(async () => {
  w = world()
  await w.read()
})

describe('a checked hit', () => {
  it('is the same as what the database says', async () => {
    await w.read()
    await settled()
    expect(w.reports).toEqual([
      {
        outcome: 'same',
        view: 'version',
        key: 'thing:x',
        tags: ['tag:x'],
        served: expect.stringMatching(/^".+"$/),
        found: w.reports[0]!.served,
      },
    ])
  })

  it('is the same when a write comes after the snapshot it is compared with', async () => {
    const held = deferred<void>()
    w.database.load = () => held.promise
    await w.read()
    await w.write()
    held.resolve()
    await settled()
    expect(w.outcomes()).toEqual(['same'])
  })

  it('was overtaken, without a wait, when the write it misses has been invalidated by the second look', async () => {
    w.database.version = 2
    w.database.load = () => w.cache.present!.invalidate(['tag:x'])
    await w.read()
    await settled()
    expect(w.outcomes()).toEqual(['overtaken'])
    expect(w.clock.timers).toBe(0)
  })

  it('was overtaken by a write in flight, as long as its invalidation comes within 1.02 leases', async () => {
    w.database.version = 2
    await w.read()
    await w.clock.advance(1.02 * LEASE_MS - 1)
    expect(w.outcomes()).toEqual([])
    await w.cache.present!.invalidate(['tag:x'])
    await w.clock.advance(1)
    expect(w.outcomes()).toEqual(['overtaken'])
  })

  it('is a violation when no drain has invalidated the difference after 1.02 leases', async () => {
    const served = (await w.read()).etag
    await settled()
    w.reports.length = 0
    w.database.version = 2
    await w.read()
    await w.clock.advance(1.02 * LEASE_MS - 1)
    expect(w.outcomes()).toEqual([])
    await w.clock.advance(1)
    const [report] = w.reports
    expect(report).toMatchObject({
      outcome: 'violation',
      view: 'version',
      key: 'thing:x',
      tags: ['tag:x'],
      served,
    })
    expect(report!.found).toMatch(/^".+"$/)
    expect(report!.found).not.toBe(served)
  })

  it('counts the wait from the end of the load: until then the database may show newer writes', async () => {
    w.database.version = 2
    w.database.load = () => w.clock.sleep(500)
    await w.read()
    await w.clock.advance(500 + 1.02 * LEASE_MS - 1)
    expect(w.outcomes()).toEqual([])
    await w.clock.advance(1)
    expect(w.outcomes()).toEqual(['violation'])
  })

  it('is not fooled by timers that fire early', async () => {
    w.clock.earlyMs = 3
    w.database.version = 2
    await w.read()
    await w.clock.advance(1.02 * LEASE_MS - 1)
    expect(w.outcomes()).toEqual([])
    await w.clock.advance(1)
    expect(w.outcomes()).toEqual(['violation'])
  })

  it('is a violation in a rendered page too, which is never decoded', async () => {
    w = world(1, (view) => rendered(view, 'v1', ({ version }) => `<p>${version}</p>`))
    await w.read()
    w.database.version = 2
    await w.read()
    await w.clock.advance(1.02 * LEASE_MS)
    expect(w.outcomes()).toEqual(['violation'])
  })

  it('that says «no such thing» is a violation when there is one, and the other way round', async () => {
    w.database.version = undefined
    await w.read()
    await w.clock.advance(1.02 * LEASE_MS)
    expect(w.reports.at(-1)).toMatchObject({ outcome: 'violation', found: '' })

    await w.cache.present!.invalidate(['tag:x'])
    await w.read()
    w.database.version = 1
    await w.read()
    await w.clock.advance(1.02 * LEASE_MS)
    expect(w.reports.at(-1)).toMatchObject({ outcome: 'violation', served: '' })
  })

  it('is a violation when only who may see it differs', async () => {
    w.database.visibleTo = 'rosa'
    await w.read()
    await w.clock.advance(1.02 * LEASE_MS)
    const { outcome, served, found } = w.reports[0]!
    expect(outcome).toBe('violation')
    expect(found).toBe(served)
  })

  it('was overtaken when it was served under other stamps, or fewer', async () => {
    const { entry, fence } = w.cache.present!.entries.get('thing:x')!
    w.database.version = 2
    for (const other of [[], [...fence, 'one more'], ['another']]) w.shadow.hit(w.view, 'x', entry, other)
    await settled()
    expect(w.outcomes()).toEqual(['overtaken', 'overtaken', 'overtaken'])

    const two = { ...w.view, tags: () => ['tag:x', 'tag:y'] as never }
    w.shadow.hit(two, 'x', entry, [fence[0]!, 'another'])
    await settled()
    expect(w.outcomes().slice(3)).toEqual(['overtaken'])
  })

  it('stays undecided without a lease: then no reader is served from the cache, and it is not asked', async () => {
    w.database.version = 2
    await w.read()
    w.leased.open = false
    w.cache.present!.steps.length = 0
    await w.clock.advance(1.02 * LEASE_MS)
    expect(w.outcomes()).toEqual(['undecided'])
    expect(w.reports[0]!.error).toMatchObject({ reason: 'no-lease' })
    expect(w.cache.present!.steps).toEqual(['session', 'session'])
  })

  it('is judged by the second look alone when there was no lease at the first', async () => {
    w.database.version = 2
    await w.read()
    w.leased.open = false
    await w.clock.advance(LEASE_MS)
    expect(w.outcomes()).toEqual([])
    w.leased.open = true
    await w.clock.advance(0.02 * LEASE_MS)
    expect(w.outcomes()).toEqual(['violation'])
  })

  it('stays undecided at once, and says why, when it fails for no reason of the cache', async () => {
    const bug = new TypeError('a bug')
    w.database.version = 2
    w.database.load = async () => void w.cache.present!.failing.set('lookup', bug)
    await w.read()
    await settled()
    expect(w.reports).toMatchObject([{ outcome: 'undecided', error: bug }])
    expect(w.clock.timers).toBe(0)
  })

  it('gives back the lease to load what it looks up and does not load', async () => {
    let given = 0
    const session = w.cache.present!
    const lookup = session.lookup.bind(session)
    w.database.version = 2
    await w.read()
    session.lookup = async (...asked) => ({
      ...(await lookup(...asked)),
      fillLease: { giveBack: () => given++ },
    })
    await w.clock.advance(1.02 * LEASE_MS)
    expect(w.outcomes()).toEqual(['violation'])
    expect(given).toBeGreaterThan(0)
  })

  it('stays undecided without a cache, and without a database', async () => {
    w.database.version = 2
    await w.read()
    w.cache.present = undefined
    await w.clock.advance(1.02 * LEASE_MS)
    expect(w.outcomes()).toEqual(['undecided'])
    expect(w.reports[0]!.error).toMatchObject({ reason: 'unreachable' })

    w.cache.reset()
    w.database.load = undefined
    await w.read()
    w.database.load = () => Promise.reject(databaseDown())
    await w.read()
    await settled()
    expect(w.outcomes()).toEqual(['undecided', 'undecided'])
    expect(w.reports[1]!.error).toMatchObject({ code: 'database-unavailable' })
  })

  it('of another release’s text stays undecided', async () => {
    const stored = w.cache.present!.entries.get('thing:x')!
    const entry = { ...stored.entry, body: Buffer.from('{"v":1}'), etag: '"old"' }
    w.cache.present!.entries.set('thing:x', { ...stored, entry })
    await w.read()
    await settled()
    expect(w.outcomes()).toEqual(['undecided'])
  })
})

describe('the check', () => {
  it('takes its share of the hits, and none of the misses', async () => {
    w = world(0.25)
    w.random.next = 0
    await w.read()
    for (const fraction of [0.24, 0.25, 0.99]) {
      w.random.next = fraction
      await w.read()
    }
    await settled()
    expect(w.reports).toHaveLength(1)
  })

  it('keeps no reader waiting', async () => {
    w.database.load = () => new Promise(() => {})
    expect((await w.read()).status.kind).toBe('hit')
  })

  it('skips what is too much at once', async () => {
    const held = deferred<void>()
    w.database.load = () => held.promise
    for (let i = 0; i < 6; i++) await w.read()
    expect(w.outcomes()).toEqual(['skipped', 'skipped'])
    held.resolve()
    await settled()
    expect(w.outcomes()).toEqual(['skipped', 'skipped', 'same', 'same', 'same', 'same'])
    await w.read()
    await settled()
    expect(w.outcomes().at(-1)).toBe('same')
  })

  it('checks beside four loads of the readers', async () => {
    const held = deferred<void>()
    const others = Array.from({ length: 4 }, () => w.loads.run(() => held.promise))
    await w.read()
    await settled()
    expect(w.outcomes()).toEqual(['same'])
    held.resolve()
    await Promise.all(others)
  })

  it('leaves the database to the readers when they load much', async () => {
    const held = deferred<void>()
    const others = Array.from({ length: 5 }, () => w.loads.run(() => held.promise))
    await w.read()
    expect(w.outcomes()).toEqual(['skipped'])
    held.resolve()
    await Promise.all(others)
  })

  it('ends: waits are cut short, and no check begins', async () => {
    w.database.version = 2
    await w.read()
    await settled()
    await w.shadow.close()
    expect(w.outcomes()).toEqual(['undecided'])
    expect(w.clock.timers).toBe(0)
    await w.read()
    await settled()
    expect(w.outcomes()).toEqual(['undecided'])
  })
})
