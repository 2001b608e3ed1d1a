import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type CachePort,
  CacheUnusable,
  Permit,
} from '../../../src/application/consistency/ports/cache-port.ts'
import { Allowed, entryOf, fill, names, untilUsable } from '../../contract/cache-contract.ts'
import { startRedis } from '../../support/redis.ts'
import { ON_ONE_SERVER, SLACK_MS } from './harness.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const server = await startRedis()
afterAll(() => server.stop())

/** How often the server was asked since the last reset, by command. */
async function calls(command: string): Promise<number> {
  const stats = String(await server.cli('INFO', 'commandstats'))
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}

/** A lease that ends when it is told to, or after so many questions. */
class Lapsing extends Permit {
  left: number

  constructor(left: number) {
    super()
    this.left = left
  }

  assert(): void {
    if (this.left-- <= 0) throw new CacheUnusable('no-lease')
  }
}

describe.each(Object.keys(ON_ONE_SERVER))('%s', (name) => {
  let cache: CachePort

  beforeEach(async () => {
    cache = ON_ONE_SERVER[name]!(server.url, SLACK_MS)
    await untilUsable(cache)
  })

  afterEach(() => cache.close())

  test('all lookups of one tick share one round trip', async () => {
    const { key, tag } = names()
    for (let i = 0; i < 10; i++) await fill(cache, `${key}${i}`, [tag, `${tag}${i}`], entryOf(`${i}`))
    await server.cli('CONFIG', 'RESETSTAT')
    const session = cache.session()!
    const lookups = Array.from({ length: 200 }, (_, i) =>
      session.lookup(`${key}${i % 10}`, [tag, `${tag}${i % 10}`], new Allowed()),
    )
    for (const [i, { entry }] of (await Promise.all(lookups)).entries()) {
      expect(entry?.body.toString()).toBe(String(i % 10))
    }
    expect(await calls('mget')).toBe(1)
    expect(await calls('set')).toBe(0)
  })

  test('the permit is asked when the batch is sent, not when the lookup is made', async () => {
    const { key, tag } = names()
    await fill(cache, key, [tag], entryOf('old'))
    await server.cli('CONFIG', 'RESETSTAT')
    const permit = new Lapsing(1)
    const lookup = cache.session()!.lookup(key, [tag], permit)
    permit.left = 0
    await expect(lookup).rejects.toMatchObject({ reason: 'no-lease' })
    expect(await calls('mget')).toBe(0)
  })

  test('the permit is asked again before stamps are made', async () => {
    const { key, tag } = names()
    await server.cli('CONFIG', 'RESETSTAT')
    const lookup = cache.session()!.lookup(key, [tag], new Lapsing(1))
    await expect(lookup).rejects.toMatchObject({ reason: 'no-lease' })
    expect(await calls('set')).toBe(0)
  })

  test('a thousand tags are invalidated in a few commands', async () => {
    const { tag } = names()
    await server.cli('CONFIG', 'RESETSTAT')
    await cache.session()!.invalidate(Array.from({ length: 1000 }, (_, i) => `${tag}${i}`))
    expect(await calls('del')).toBe(2)
  })
})

test('tiered: a hit in L1 asks for stamps only, and an entry found in Redis is promoted', async () => {
  const [a, b] = [ON_ONE_SERVER.tiered!(server.url, SLACK_MS), ON_ONE_SERVER.tiered!(server.url, SLACK_MS)]
  try {
    await Promise.all([untilUsable(a), untilUsable(b)])
    const { key, tag } = names()
    await fill(a, key, [tag], { ...entryOf(''), body: Buffer.alloc(100_000, 'x') })
    const look = () => b.session()!.lookup(key, [tag], new Allowed())
    expect((await look()).tier).toBe('l2')
    expect(b.health().entries).toBe(1)
    await server.cli('CONFIG', 'RESETSTAT')
    expect((await look()).tier).toBe('l1')
    const sent = /total_net_output_bytes:(\d+)/.exec(String(await server.cli('INFO', 'stats')))?.[1]
    expect(Number(sent)).toBeLessThan(50_000)
  } finally {
    await Promise.all([a.close(), b.close()])
  }
})

test('tiered: what is promoted lives no longer than Redis keeps it', async () => {
  const [a, b] = [ON_ONE_SERVER.tiered!(server.url, SLACK_MS), ON_ONE_SERVER.tiered!(server.url, SLACK_MS)]
  try {
    await Promise.all([untilUsable(a), untilUsable(b)])
    const { key, tag } = names()
    await fill(a, key, [tag], entryOf('old'), 600)
    expect((await b.session()!.lookup(key, [tag], new Allowed())).tier).toBe('l2')
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect((await b.session()!.lookup(key, [tag], new Allowed())).entry).toBeUndefined()
    expect((await a.session()!.lookup(key, [tag], new Allowed())).entry).toBeUndefined()
  } finally {
    await Promise.all([a.close(), b.close()])
  }
})
