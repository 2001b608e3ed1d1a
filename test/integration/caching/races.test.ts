import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LruCache } from '../../../src/adapters/cache/lru-cache.ts'
import { RedisCache, RedisClusterCache } from '../../../src/adapters/cache/redis-cache.ts'
import { TieredCache } from '../../../src/adapters/cache/tiered-cache.ts'
import { LoadQueue } from '../../../src/application/consistency/load-queue.ts'
import type { CachePort } from '../../../src/application/consistency/ports/cache-port.ts'
import { ReadThrough } from '../../../src/application/consistency/read-through.ts'
import type { Found } from '../../../src/application/consistency/view.ts'
import { RealClock, RealRandom } from '../../contract/sources.ts'
import { startRedis } from '../../support/redis.ts'
import { startRedisCluster } from '../../support/redis-cluster.ts'
import {
  FakeSnapshots,
  FixedRandom,
  Switch,
  type Version,
  versionView,
} from '../../unit/consistency/fakes.ts'
import { StampedWhenStored } from './stamped-when-stored.ts'

const server = await startRedis()
const cluster = await startRedisCluster()
afterAll(() => Promise.all([server.stop(), cluster.stop()]))

const clock = new RealClock()
const random = new RealRandom()
const limits = { prefix: 'races:', timeoutMs: 2000, invalidateTimeoutMs: 5000 }
const makeLru = () => new LruCache({ maxBytes: 8_000_000 }, clock, random)
const makeRedis = () => new RedisCache({ url: server.url, ...limits }, clock, random)
const makeTiered = () => new TieredCache(makeRedis(), { maxBytes: 8_000_000 }, clock)
const makeCluster = () => new RedisClusterCache({ url: cluster.url, ...limits }, clock, random)

/** Real time, which a test may put forward; a load may seem to take long. */
class AheadClock extends RealClock {
  aheadMs = 0

  override now(): number {
    return super.now() + this.aheadMs
  }

  override monotonic(): number {
    return super.monotonic() + this.aheadMs
  }
}

const opened: CachePort[] = []
afterEach(() => Promise.all(opened.splice(0).map((cache) => cache.close())))

const TTL_MS = 100_000

/** One number in a database, and any number of instances that read it through their caches. */
class Race {
  readonly id = randomUUID()
  readonly clock = new AheadClock()
  version = 1
  loads = 0
  /** What a load does between its snapshot and its end. */
  meanwhile: () => Promise<void> = async () => {}
  readonly view = versionView(() => this.#load())

  async instance(make: () => CachePort): Promise<{ cache: CachePort; reads: ReadThrough<undefined> }> {
    const cache = make()
    opened.push(cache)
    await expect.poll(() => cache.session(), { timeout: 10_000, interval: 5 }).toBeDefined()
    const permits = { leased: new Switch(), trusted: new Switch() }
    const queue = new LoadQueue((run) => run(), 1000)
    const observer = { read: () => {}, loaded: () => {} }
    const options = { serveUnverified: true }
    const reads = new ReadThrough(
      cache,
      permits,
      new FakeSnapshots(),
      queue,
      this.clock,
      new FixedRandom(),
      observer,
      options,
    )
    return { cache, reads }
  }

  async read({ reads }: { reads: ReadThrough<undefined> }): Promise<number | undefined> {
    return (await reads.read(this.view, this.id)).value()?.version
  }

  async kind({ reads }: { reads: ReadThrough<undefined> }): Promise<string> {
    return (await reads.read(this.view, this.id)).status.kind
  }

  async write({ cache }: { cache: CachePort }): Promise<void> {
    this.version += 1
    await cache.session()!.invalidate(this.view.tags(this.id))
  }

  /** Every load from now on waits until it is let go; `begun` resolves when the first has its snapshot. */
  holdLoads(): { begun: Promise<void>; letGo: () => void } {
    const begun = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    this.meanwhile = () => {
      begun.resolve()
      return held.promise
    }
    return {
      begun: begun.promise,
      letGo: () => {
        this.meanwhile = async () => {}
        held.resolve()
      },
    }
  }

  async #load(): Promise<Found<Version>> {
    this.loads += 1
    const { version } = this
    await this.meanwhile()
    return { value: { version } }
  }
}

/** The race that a library loses when it stores what it loaded without asking what happened meanwhile. */
async function loadWriteStore(
  race: Race,
  one: { cache: CachePort; reads: ReadThrough<undefined> },
): Promise<void> {
  const load = race.holdLoads()
  const reading = race.read(one)
  await load.begun
  await race.write(one)
  load.letGo()
  expect(await reading).toBe(1)
}

it('these races can be lost: an entry bound to the stamps of when it is stored is served stale', async () => {
  const race = new Race()
  const one = await race.instance(() => new StampedWhenStored(makeLru()))
  await loadWriteStore(race, one)
  expect(await race.read(one)).toBe(1)
})

describe.each([
  { name: 'lru', make: makeLru, shared: false },
  { name: 'redis', make: makeRedis, shared: true },
  { name: 'tiered', make: makeTiered, shared: true },
  { name: 'redis cluster', make: makeCluster, shared: true },
])('races with $name', ({ make, shared }) => {
  let race: Race
  let one: { cache: CachePort; reads: ReadThrough<undefined> }
  /** Another instance, where the cache is shared; else the same one. */
  let other: typeof one

  beforeEach(async () => {
    race = new Race()
    one = await race.instance(make)
    other = shared ? await race.instance(make) : one
  })

  it('a load that began before a write and is stored after it is never served', async () => {
    await loadWriteStore(race, one)
    expect(await race.read(one)).toBe(2)
    expect(await race.read(other)).toBe(2)
    // And the cache works: what was loaded since is.
    expect(await race.kind(one)).toBe('hit')
    expect(await race.kind(other)).toBe('hit')
  })

  it('nor when the write was at another instance', async () => {
    const load = race.holdLoads()
    const reading = race.read(one)
    await load.begun
    await race.write(other)
    load.letGo()
    await reading
    expect(await race.read(other)).toBe(2)
    expect(await race.read(one)).toBe(2)
  })

  it('nor through bulk reads', async () => {
    const ids = [race.id, `${race.id}-b`, `${race.id}-c`]
    const load = race.holdLoads()
    const bulk = one.reads.readMany(race.view, ids)
    await expect.poll(() => race.loads).toBe(ids.length)
    race.version += 1
    await other.cache.session()!.invalidate(ids.flatMap(race.view.tags))
    load.letGo()
    await bulk
    for (const { reads } of [one, other]) {
      const readings = await reads.readMany(race.view, ids)
      expect(readings.map((reading) => reading.value()?.version)).toEqual([2, 2, 2])
    }
  })

  it('nor through early refresh', async () => {
    // A load that took a second makes a hit half a second before expiry refresh (fraction 0.5: up to 0.69 s early).
    race.meanwhile = async () => {
      race.clock.aheadMs += 1000
    }
    await race.read(one)
    race.clock.aheadMs += TTL_MS - 1500
    const load = race.holdLoads()
    expect(await race.kind(one)).toBe('hit')
    await load.begun
    await race.write(other)
    load.letGo()
    await sleep(30)
    expect(race.loads).toBe(2)
    expect(await race.read(one)).toBe(2)
    expect(await race.read(other)).toBe(2)
  })

  it('nor by promotion of what another instance has stored, whenever the write comes', async () => {
    for (let turns = 0; turns < 12; turns++) {
      await race.read(one)
      const before = race.version
      const promoting = race.read(other)
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      await race.write(one)
      expect([before, before + 1]).toContain(await promoting)
      expect(await race.read(other)).toBe(before + 1)
      expect(await race.read(one)).toBe(before + 1)
    }
  })

  it('nor from what an instance has in process when another one writes', async () => {
    await race.read(one)
    await race.read(other)
    expect(await race.kind(other)).toBe('hit')
    await race.write(one)
    expect(await race.read(other)).toBe(2)
  })

  it('a reader after the invalidation never waits for the older load', async () => {
    race.meanwhile = () => new Promise(() => {})
    race.read(one)
    await expect.poll(() => race.loads).toBe(1)
    await race.write(one)
    race.meanwhile = async () => {}
    expect(await race.read(one)).toBe(2)
    expect(race.loads).toBe(2)
  })

  it('200 readers of a cold key: one load per instance', async () => {
    const load = race.holdLoads()
    const instances = [...new Set([one, other])]
    const reading = instances.flatMap((each) => Array.from({ length: 200 }, () => race.read(each)))
    await expect.poll(() => race.loads).toBe(instances.length)
    load.letGo()
    expect(new Set(await Promise.all(reading))).toEqual(new Set([1]))
    expect(race.loads).toBe(instances.length)
  })

  it('a failing load with 50 waiters: one load, 50 clear errors, and the next read tries again', async () => {
    const failure = new Error('the database says no')
    race.meanwhile = async () => {
      await sleep(200)
      throw failure
    }
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => race.read(one)))
    expect(outcomes).toEqual(outcomes.map(() => ({ status: 'rejected', reason: failure })))
    expect(race.loads).toBe(1)
    race.meanwhile = async () => {}
    expect(await race.read(one)).toBe(1)
    expect(race.loads).toBe(2)
  })
})
