import { beforeEach, describe, expect, it } from 'vitest'
import { LruCache } from '../../../src/adapters/cache/lru-cache.ts'
import { NullCache } from '../../../src/adapters/cache/null-cache.ts'
import { ExplainView } from '../../../src/application/consistency/explanation.ts'
import { Lease, TrustedSessions } from '../../../src/application/consistency/lease.ts'
import type { CachePort, Entry } from '../../../src/application/consistency/ports/cache-port.ts'
import { FakeCache, FixedRandom, TimerClock, versionView } from './fakes.ts'

const view = versionView(async () => undefined)
const KEY = view.key('7')
const TAGS = view.tags('7')

let clock: TimerClock
let cache: LruCache
let trusted: TrustedSessions
let lease: Lease

beforeEach(() => {
  clock = new TimerClock()
  cache = new LruCache({ maxBytes: 1_000_000 }, clock, new FixedRandom())
  trusted = new TrustedSessions()
  lease = new Lease(clock, 1000)
  trusted.trust(cache.session())
  lease.renew(lease.now())
})

const explain = (of: CachePort = cache) => new ExplainView(of, trusted, lease, clock).execute(view, '7')

/** An entry that was loaded 2 s ago and is fresh for 10 s more, under the stamps of now. */
async function stored(change: Partial<Entry> = {}): Promise<void> {
  const { fence } = await cache.session().lookup(KEY, TAGS, trusted)
  const entry: Entry = {
    body: Buffer.from('{"version":1}'),
    etag: '"e"',
    visibleTo: '',
    loadedAt: clock.now() - 2000,
    expiresAt: clock.now() + 10_000,
    loadMs: 1,
    ...change,
  }
  await cache.session().store(KEY, TAGS, entry, fence, 60_000)
}

describe('what an operator is told of a key', () => {
  it('names the view, its key and tags, and how old the lease is', async () => {
    await clock.advance(250)
    expect(await explain()).toMatchObject({
      view: view.name,
      key: KEY,
      cache: 'lru',
      tags: TAGS.map((tag) => ({ tag, stamp: null })),
      leaseAgeS: 0.25,
    })
  })

  it('describes the entry: size, tag, age and what is left of its TTL', async () => {
    await stored()
    const { entries, tags } = await explain()
    expect(entries).toEqual([
      { tier: 'l1', bytes: 13, etag: '"e"', negative: false, ageS: 2, ttlS: 10, current: true },
    ])
    for (const { stamp } of tags) expect(stamp).toMatch(/^token-/)
  })

  it('knows an entry that says that there is nothing', async () => {
    await stored({ body: Buffer.alloc(0), etag: '' })
    expect((await explain()).entries).toMatchObject([{ negative: true }])
  })

  it('changes nothing: a missing stamp is still missing', async () => {
    await explain()
    expect((await cache.session().inspect(KEY, TAGS)).stamps).toEqual(TAGS.map(() => undefined))
  })
})

describe('an entry is current', () => {
  /** What the explanation says of entries with these stamps, of tags whose stamps are `stamps` now. */
  async function judged(stamps: readonly (string | undefined)[], ...fences: readonly (readonly string[])[]) {
    const other = new FakeCache('shared')
    const session = other.present!
    trusted.trust(session)
    const entry = { body: Buffer.from('1'), etag: '"e"', visibleTo: '', loadedAt: 0, loadMs: 0 }
    const expiresAt = clock.now()
    session.inspect = async () => ({
      stamps,
      entries: fences.map((fence) => ({ tier: 'l2', entry: { ...entry, expiresAt }, fence })),
    })
    const two = { ...view, tags: () => ['a', 'b'] as never }
    const { entries, next } = await new ExplainView(other, trusted, lease, clock).execute(two, '7')
    return { current: entries.map(({ current }) => current), next }
  }

  it('when each of its stamps is the tag’s, and there is one for each', async () => {
    expect((await judged(['1', '2'], ['1', '2'])).current).toEqual([true])
    expect((await judged(['1', '2'], ['1', '3'], ['3', '2'], ['1'], [])).current).toEqual(
      Array(4).fill(false),
    )
  })

  it('or was, until its TTL ended, whatever lies beside it', async () => {
    expect((await judged(['1', '2'], ['1', '3'], ['1', '2'])).next).toBe('miss: the entry has passed its TTL')
  })

  it('of no tag without a stamp, also where the cache tells of fewer than there are', async () => {
    const unstamped = 'miss: a tag has no stamp (invalidated, evicted or never read)'
    expect((await judged(['1', undefined], ['1', '2'])).next).toBe(unstamped)
    expect((await judged(['1'], ['1'])).next).toBe(unstamped)
  })
})

describe('what the next read will do', () => {
  it('a hit, while its stamps are current', async () => {
    await stored({ expiresAt: clock.now() + 9_900 })
    expect((await explain()).next).toBe('hit in l1: its stamps are current, for 9 s')
    await stored({ expiresAt: clock.now() + 900 })
    expect((await explain()).next).toBe('hit in l1: its stamps are current, for 0 s')
  })

  it('a miss, when nothing is stored', async () => {
    expect((await explain()).next).toBe('miss: nothing is stored under this key')
  })

  it('a miss, when a tag was invalidated and has no stamp yet', async () => {
    await stored()
    await cache.session().invalidate(TAGS)
    const { next, entries } = await explain()
    expect(next).toBe('miss: a tag has no stamp (invalidated, evicted or never read)')
    expect(entries).toMatchObject([{ current: false }])
  })

  it('a miss, when the entry was stored under earlier stamps', async () => {
    const { fence } = await cache.session().lookup(KEY, TAGS, trusted)
    await cache.session().invalidate(TAGS)
    await cache.session().lookup(KEY, TAGS, trusted)
    const entry = { body: Buffer.from('1'), etag: '', visibleTo: '', loadedAt: 0, loadMs: 0 }
    await cache.session().store(KEY, TAGS, { ...entry, expiresAt: Infinity }, fence, 60_000)
    expect((await explain()).next).toBe(
      'miss: invalidated since it was stored (its stamps are not the current ones)',
    )
  })

  it('a miss, when the entry has passed its TTL', async () => {
    await stored({ expiresAt: clock.now() })
    expect((await explain()).next).toBe('miss: the entry has passed its TTL')
  })

  it('a bypass, on a connection that was not replayed', async () => {
    trusted = new TrustedSessions()
    expect((await explain()).next).toContain('bypass: the connection is new')
  })

  it('a bypass, once the lease has lapsed', async () => {
    await clock.advance(1000)
    expect((await explain()).next).toContain('bypass: no lease')
  })

  it('a bypass, before the first drain', async () => {
    lease = new Lease(clock, 1000)
    const { next, leaseAgeS } = await explain()
    expect(leaseAgeS).toBeNull()
    expect(next).toContain('bypass: no lease')
  })

  it('a bypass, when the cache is out of reach', async () => {
    const gone = new FakeCache('shared')
    gone.present = undefined
    const { next, entries, tags } = await explain(gone)
    expect(next).toBe('bypass: the cache is out of reach')
    expect(entries).toEqual([])
    expect(tags).toEqual(TAGS.map((tag) => ({ tag, stamp: null })))
  })

  it('a bypass, with a cache that keeps nothing', async () => {
    expect((await explain(new NullCache())).next).toBe('bypass: this cache keeps nothing')
  })
})
