import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { RedisCache } from '../../../src/adapters/cache/redis-cache.ts'
import { TieredCache } from '../../../src/adapters/cache/tiered-cache.ts'
import { LoadQueue } from '../../../src/application/consistency/load-queue.ts'
import type { CachePort } from '../../../src/application/consistency/ports/cache-port.ts'
import { ReadThrough } from '../../../src/application/consistency/read-through.ts'
import { RealClock, RealRandom } from '../../contract/sources.ts'
import { startRedis } from '../../support/redis.ts'
import { databaseDown, FakeSnapshots, Switch, versionView } from '../../unit/consistency/fakes.ts'

const server = await startRedis()
const opened: CachePort[] = []
afterEach(() => Promise.all(opened.splice(0).map((cache) => cache.close())))
afterAll(() => server.stop())

const clock = new RealClock()
const random = new RealRandom()
const makeRedis = () => new RedisCache({ url: server.url, prefix: 'fill:', timeoutMs: 2000 }, clock, random)
const makeTiered = () => new TieredCache(makeRedis(), { maxBytes: 1_000_000 }, clock)

type Load = () => Promise<{ readonly value: { readonly version: number } }>

/** One that loads as it is told. */
async function instance(make: () => CachePort, load: Load) {
  const cache = make()
  opened.push(cache)
  await expect.poll(() => cache.session(), { timeout: 10_000, interval: 5 }).toBeDefined()
  const reads = new ReadThrough<undefined>(
    cache,
    { leased: new Switch(), trusted: new Switch() },
    new FakeSnapshots(),
    new LoadQueue((run) => run(), 1000),
    clock,
    random,
    { read: () => {}, loaded: () => {} },
    { serveUnverified: true },
  )
  const view = versionView(load)
  return {
    read: async (id: string) => {
      const reading = await reads.read(view, id)
      return { kind: reading.status.kind, version: reading.value()?.version }
    },
    invalidate: (id: string) => cache.session()!.invalidate(view.tags(id)),
  }
}

describe.each([
  ['redis', makeRedis],
  ['tiered', makeTiered],
])('instances on %s that share a Redis', (_, make) => {
  it('load an entry once for all of them, again after each invalidation', async () => {
    let version = 1
    let loads = 0
    const load = async () => {
      loads += 1
      await sleep(50)
      return { value: { version } }
    }
    const all = await Promise.all(Array.from({ length: 8 }, () => instance(make, load)))
    const id = randomUUID()
    for (; version <= 5; version += 1) {
      await all[0]!.invalidate(id)
      const answers = await Promise.all(all.flatMap(({ read }) => [read(id), read(id), read(id)]))
      expect(new Set(answers.map((answer) => answer.version))).toEqual(new Set([version]))
    }
    // A machine that stands still for a lease costs one load more.
    expect(loads).toBeLessThanOrEqual(6)
  })

  it('wait no longer than its lease for one that dies while it loads', async () => {
    const begun = Promise.withResolvers<void>()
    const dead = await instance(make, () => {
      begun.resolve()
      return new Promise<never>(() => {})
    })
    const other = await instance(make, async () => ({ value: { version: 7 } }))
    const id = randomUUID()
    void dead.read(id)
    await begun.promise
    const start = performance.now()
    expect(await other.read(id)).toEqual({ kind: 'miss', version: 7 })
    expect(performance.now() - start).toBeGreaterThan(300)
    expect(await other.read(id)).toEqual({ kind: 'hit', version: 7 })
  })

  it('do not wait for the lease of one whose load fails', async () => {
    const begun = Promise.withResolvers<void>()
    const failing = Promise.withResolvers<never>()
    const unlucky = await instance(make, () => {
      begun.resolve()
      return failing.promise
    })
    const other = await instance(make, async () => ({ value: { version: 7 } }))
    const id = randomUUID()
    const failed = unlucky.read(id)
    await begun.promise
    const read = other.read(id)
    await sleep(20)
    failing.reject(databaseDown())
    await expect(failed).rejects.toThrow()
    const start = performance.now()
    expect(await read).toEqual({ kind: 'miss', version: 7 })
    expect(performance.now() - start).toBeLessThan(300)
  })

  it('read what was written while another loads what was there before', async () => {
    const begun = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const slow = await instance(make, async () => {
      begun.resolve()
      await end.promise
      return { value: { version: 1 } }
    })
    const other = await instance(make, async () => ({ value: { version: 2 } }))
    const id = randomUUID()
    const before = slow.read(id)
    await begun.promise
    await other.invalidate(id)
    expect(await other.read(id)).toEqual({ kind: 'miss', version: 2 })
    end.resolve()
    expect((await before).version).toBe(1)
    expect((await other.read(id)).version).toBe(2)
  })
})

it('a Redis that stops answering while an instance waits for another’s load costs it the cache, and no more', async () => {
  const begun = Promise.withResolvers<void>()
  const slow = await instance(makeRedis, () => {
    begun.resolve()
    return new Promise<never>(() => {})
  })
  const make = () => new RedisCache({ url: server.url, prefix: 'fill:', timeoutMs: 50 }, clock, random)
  const other = await instance(make, async () => ({ value: { version: 7 } }))
  const id = randomUUID()
  void slow.read(id)
  await begun.promise
  const read = other.read(id)
  await sleep(10)
  await server.cli('CLIENT', 'PAUSE', '5000', 'ALL')
  expect((await read).version).toBe(7)
})
