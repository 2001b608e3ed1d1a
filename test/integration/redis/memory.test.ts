import { afterEach, describe, expect, test, vi } from 'vitest'
import { type CachePort, CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'
import { entryOf, fill, lookup, names, store, untilUsable } from '../../contract/cache-contract.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { ON_ONE_SERVER } from './harness.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const LARGE = { ...entryOf(''), body: Buffer.alloc(20_000, 'x') }

describe.each(Object.keys(ON_ONE_SERVER))('%s', (name) => {
  let server: TestRedis
  let cache: CachePort

  afterEach(async () => {
    await cache.close()
    await server.stop()
  })

  test('full, evicting nothing: stores are refused and say so, stamps that exist are read, deletes are accepted', async () => {
    server = await startRedis({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction'] })
    cache = ON_ONE_SERVER[name]!(server.url)
    await untilUsable(cache)
    const { key, tag } = names()
    await fill(cache, key, [tag], entryOf('kept'))
    const { fence } = await lookup(cache, `${key}:other`, [tag])
    // Refused from some point on, at least by Redis; then there is no room for the smallest stamp either.
    for (let i = 0; i < 200; i++) {
      const stored = await store(cache, `${key}:${i}`, [tag], LARGE, fence)
      expect((await lookup(cache, `${key}:${i}`, [tag])).entry !== undefined).toBe(stored)
    }
    await server.cli('CONFIG', 'SET', 'maxmemory', '2mb')

    expect((await lookup(cache, key, [tag])).entry?.body.toString()).toBe('kept')
    await expect(lookup(cache, key, [`${tag}:new`])).rejects.toBeInstanceOf(CacheUnusable)
    const together = await Promise.allSettled([lookup(cache, key, [tag]), lookup(cache, key, [`${tag}:new`])])
    expect(together.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])

    await cache.session()!.invalidate([tag])
    const after = await lookup(cache, key, [tag]).catch((error: unknown) => error)
    if (!(after instanceof CacheUnusable)) expect(after).not.toHaveProperty('entry')
    expect(cache.health().breaker).toBe('closed')
  })

  test('evicting at random: only misses, and never what was invalidated', async () => {
    server = await startRedis({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'allkeys-lru'] })
    cache = ON_ONE_SERVER[name]!(server.url)
    await untilUsable(cache)
    const { key, tag } = names()
    const versions = new Map<number, number>()
    let hits = 0
    for (let i = 0; i < 1500; i++) {
      // Every third read goes round all markets, more than fit; the others keep to a few, which LRU lets stay.
      const market = i % 3 === 0 ? (i * 7919) % 101 : i % 5
      const version = versions.get(market) ?? 0
      const [marketKey, marketTag] = [`${key}:${market}`, `${tag}:${market}`]
      try {
        const { entry, fence } = await lookup(cache, marketKey, [marketTag])
        if (entry === undefined) {
          const body = Buffer.alloc(60_000, `${version} `)
          await store(cache, marketKey, [marketTag], { ...LARGE, body }, fence)
        } else {
          hits++
          expect(Number.parseInt(entry.body.toString('latin1', 0, 8), 10)).toBe(version)
        }
        if (i % 11 === 0) {
          // Whether or not it is confirmed, what is cached may not be newer than this.
          await cache.session()!.invalidate([marketTag])
          versions.set(market, version + 1)
        }
      } catch (error) {
        // A slow or full moment of the server is allowed; a wrong answer is not.
        if (!(error instanceof CacheUnusable)) throw error
      }
    }
    expect(hits).toBeGreaterThan(0)
    expect(Number(/evicted_keys:(\d+)/.exec(String(await server.cli('INFO', 'stats')))?.[1])).toBeGreaterThan(
      0,
    )
  })
})
