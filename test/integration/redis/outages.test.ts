import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CachePort, CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'
import { Allowed, entryOf, fill, lookup, names, store, untilUsable } from '../../contract/cache-contract.ts'
import { freePort, startRedis, type TestRedis } from '../../support/redis.ts'
import { confirmed, eventually, ON_ONE_SERVER, SLACK_MS, TIMEOUT_MS, timedLookup } from './harness.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describe.each(Object.keys(ON_ONE_SERVER))('%s', (name) => {
  let server: TestRedis
  let cache: CachePort

  beforeEach(async () => {
    server = await startRedis()
    cache = ON_ONE_SERVER[name]!(server.url)
    await untilUsable(cache)
  })

  afterEach(async () => {
    await cache.close()
    await server.stop()
  })

  test('killed: reads fail at once, and hits are back by themselves after a restart', async () => {
    const { key, tag } = names()
    await fill(cache, key, [tag], entryOf('old'))
    const before = cache.session()
    await server.kill()
    await eventually('the session is gone', async () => (cache.session() === undefined ? true : undefined))
    expect(cache.health().connected).toBe(false)
    await expect(before!.lookup(key, [tag], new Allowed())).rejects.toBeInstanceOf(CacheUnusable)
    await expect(before!.invalidate([tag])).rejects.toBeInstanceOf(CacheUnusable)

    await server.restart()
    const back = performance.now()
    await confirmed(cache)
    expect(performance.now() - back).toBeLessThan(2000 + SLACK_MS)
    expect(cache.session()).not.toBe(before)
    expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
    await fill(cache, key, [tag], entryOf('new'))
    expect((await lookup(cache, key, [tag])).entry?.body.toString()).toBe('new')
  })

  test('killed under load: every lookup ends within its deadline', async () => {
    const { key, tag } = names()
    await fill(cache, key, [tag], entryOf('old'))
    const lookups = Array.from({ length: 300 }, async (_, i) => {
      await sleep(i)
      return timedLookup(cache, `${key}${i % 7}`, [tag, `${tag}:${i % 5}`])
    })
    await sleep(100)
    await server.kill()
    for (const { tookMs } of await Promise.all(lookups))
      expect(tookMs).toBeLessThan(2 * TIMEOUT_MS + SLACK_MS)
  })

  test('stalled: reads end at their deadline, then at once; nothing late revives an entry', async () => {
    const { key, tag } = names()
    const { fence } = await lookup(cache, key, [tag])
    await fill(cache, `${key}:2`, [tag], entryOf('old'))
    const session = cache.session()!
    server.pause()

    const first = await timedLookup(cache, `${key}:2`, [tag])
    expect(first.reason).toBe('timeout')
    expect(first.tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS)
    // Sent now, executed when the server wakes up; so is the invalidation, in whatever order.
    await expect(session.store(key, [tag], entryOf('old'), fence, 60_000)).rejects.toBeInstanceOf(
      CacheUnusable,
    )
    await expect(session.invalidate([tag])).rejects.toBeInstanceOf(CacheUnusable)
    await eventually('the breaker opens', async () => {
      const error = await session.lookup(key, [tag], new Allowed()).catch((each: unknown) => each)
      return error instanceof CacheUnusable && error.reason === 'breaker-open' ? true : undefined
    })
    expect(cache.health().breaker).toBe('open')

    server.resume()
    await confirmed(cache, [tag])
    expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
    expect((await lookup(cache, `${key}:2`, [tag])).entry).toBeUndefined()
    await fill(cache, key, [tag], entryOf('new'))
    expect((await lookup(cache, key, [tag])).entry?.body.toString()).toBe('new')
    expect(cache.health().breaker).toBe('closed')
  })

  test('stalled for long: the connection is given up, and a new session comes', async () => {
    const before = cache.session()
    const { key, tag } = names()
    server.pause()
    await timedLookup(cache, key, [tag])
    await eventually('the session is gone', async () => (cache.session() === undefined ? true : undefined))
    await sleep(1500)
    expect(cache.session()).toBeUndefined()
    server.resume()
    await confirmed(cache)
    expect(cache.session()).not.toBe(before)
  })

  test('flushed: only misses, on the same session', async () => {
    const { key, tag } = names()
    await fill(cache, key, [tag], entryOf('old'))
    const { fence } = await lookup(cache, key, [tag])
    const before = cache.session()
    await server.cli('FLUSHALL')
    expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
    await store(cache, key, [tag], entryOf('old'), fence)
    expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
    expect(cache.session()).toBe(before)
  })

  test('demoted to a replica: reads are refused, and the session is closed', async () => {
    const { key, tag } = names()
    await fill(cache, key, [tag], entryOf('old'))
    const before = cache.session()
    await server.cli('REPLICAOF', '127.0.0.1', await freePort())
    expect((await timedLookup(cache, key, [tag])).reason).toBe('unreachable')
    expect(cache.session()).not.toBe(before)
    await sleep(300)
    expect(cache.session()).toBeUndefined()

    await server.cli('REPLICAOF', 'NO', 'ONE')
    await confirmed(cache)
    expect(cache.session()).not.toBe(before)
  })

  test('demoted and promoted again: the invalidation notices, and the session is closed', async () => {
    const before = cache.session()!
    await server.cli('REPLICAOF', '127.0.0.1', await freePort())
    await server.cli('REPLICAOF', 'NO', 'ONE')
    await expect(before.invalidate([])).rejects.toMatchObject({ reason: 'unreachable' })
    expect(cache.session()).not.toBe(before)
    await confirmed(cache)
  })

  test('clients thrown out: a new session, and no unhandled error', async () => {
    const before = cache.session()
    await server.cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await confirmed(cache)
    expect(cache.session()).not.toBe(before)
  })

  test("another release's format, and what another program wrote, is a miss", async () => {
    const { key, tag } = names()
    await fill(cache, key, [tag], entryOf('old'))
    const fence = (await lookup(cache, key, [tag])).fence
    const other = ON_ONE_SERVER[name]!(server.url)
    try {
      await untilUsable(other)
      await server.cli('APPEND', `marketflow:${key}`, 'x')
      expect((await lookup(other, key, [tag])).entry).toBeUndefined()
      for (const garbage of [
        '',
        'mf0 {}\nx',
        'mf1 ',
        'mf1 {"fence"',
        `mf1 {"fence":["${fence[0]}"]}\nbody`,
      ]) {
        await server.cli('SET', `marketflow:${key}`, garbage)
        expect((await lookup(other, key, [tag])).entry).toBeUndefined()
      }
    } finally {
      await other.close()
    }
  })
})

test('not there at the start: a session appears when Redis does', async () => {
  const server = await startRedis({ running: false })
  const cache = ON_ONE_SERVER.redis!(server.url)
  try {
    await sleep(500)
    expect(cache.session()).toBeUndefined()
    expect(cache.health()).toMatchObject({ connected: false })
    await server.restart()
    await confirmed(cache)
  } finally {
    await cache.close()
    await server.stop()
  }
})

test('closing while Redis is away ends the attempts', async () => {
  const cache = ON_ONE_SERVER.redis!(`redis://127.0.0.1:${await freePort()}`)
  await sleep(50)
  await cache.close()
  expect(cache.session()).toBeUndefined()
})
