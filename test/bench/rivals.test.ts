import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Rival, RivalCache } from '../../bench/rivals/rival.ts'
import { RIVALS } from '../../bench/rivals/rivals.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const KEY = 'market:1:detail'
const TAG = 'market:1'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
beforeEach(() => redis.cli('FLUSHALL'))

// What the benchmarks measure is worth nothing when a rival does not cache, or is not told what changed.
describe.each(RIVALS)('$name', (rival) => {
  it('caches, and forgets what is invalidated', async () => {
    const cache = await open(rival)
    let stored = 'one'
    const read = () => cache.read(KEY, [TAG], async () => stored)

    const loaded = await read()
    stored = 'two'
    const cached = await read()
    await cache.invalidate({ keys: [KEY], tags: [TAG] })
    const fresh = await read()

    await cache.close()
    expect({ loaded, cached, fresh }).toEqual({ loaded: 'one', cached: 'one', fresh: 'two' })
  })

  it('fails a read with the load, and caches no failure', async () => {
    const cache = await open(rival)

    const failed = cache.read(KEY, [TAG], () => Promise.reject(new Error('no database')))
    await expect(failed).rejects.toThrow()
    const next = await cache.read(KEY, [TAG], async () => 'one')

    await cache.close()
    expect(next).toBe('one')
  })
})

it('loads when Redis is gone, whatever the rival', async () => {
  const over = RIVALS.filter(({ tiers }) => tiers !== 'memory')
  const caches = await Promise.all(over.map(open))
  await redis.kill()

  const reads = await Promise.all(caches.map((cache) => cache.read(KEY, [TAG], async () => 'one')))

  await redis.restart()
  await Promise.all(caches.map((cache) => cache.close()))
  expect(reads).toEqual(over.map(() => 'one'))
})

function open(rival: Rival): Promise<RivalCache> {
  return rival.open({ redisUrl: redis.url, ttlMs: 300_000, maxEntries: 100 })
}
