import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'
import { untilUsable } from '../../contract/cache-contract.ts'
import { ManualClock } from '../../contract/sources.ts'
import { entryOf, Lease, MemoryCommands, MemoryRedis, MemoryRedisCache } from './redis-in-memory.ts'

const clock = new ManualClock()
describe('the cache over a connection', () => {
  let cache: MemoryRedisCache
  const own = new MemoryRedis(clock)

  afterEach(async () => {
    vi.useRealTimers()
    await cache.close()
  })

  beforeEach(() => {
    own.asked.length = 0
    own.failing.clear()
  })

  async function open(options: ConstructorParameters<typeof MemoryRedisCache>[2] = {}): Promise<void> {
    cache = new MemoryRedisCache(own, clock, options)
    await untilUsable(cache)
  }

  it('gives out its session while the connection lives, and says so', async () => {
    cache = new MemoryRedisCache(own, clock)
    expect(cache.session()).toBeUndefined()
    expect(cache.health()).toEqual({ connected: false, breaker: 'closed', entries: 0, bytes: 0 })
    await untilUsable(cache)
    expect(cache.session()).toBe(cache.session())
    expect(cache.health()).toEqual({ connected: true, breaker: 'closed', entries: 0, bytes: 0 })
    expect(cache.reach).toBe('shared')
  })

  it.each([
    ['marketflow:', undefined],
    ['p:', 'p:'],
  ])('calls its keys %s…', async (expected, prefix) => {
    await open(prefix === undefined ? {} : { prefix })
    await cache.session()!.store('k', [], entryOf('x'), [], 1000)
    expect(own.asked).toEqual([`set ${expected}k`])
  })

  it.each([
    { options: {}, lookup: 50, invalidate: 300 },
    { options: { timeoutMs: 7, invalidateTimeoutMs: 11 }, lookup: 7, invalidate: 11 },
  ])('has deadlines: $lookup and $invalidate ms', async ({ options, lookup, invalidate }) => {
    const silent = (): Promise<never> => new Promise(() => {})
    cache = new MemoryRedisCache(own, clock, options, () =>
      Object.assign(new MemoryCommands(own), { read: silent, deleteAndVerify: silent }),
    )
    await untilUsable(cache)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const session = cache.session()!
    for (const [ms, call] of [
      [lookup, () => session.inspect('k', [])],
      [invalidate, () => session.invalidate([])],
    ] as const) {
      let told: unknown
      call().catch((error: unknown) => {
        told = error
      })
      await vi.advanceTimersByTimeAsync(ms - 1)
      await turn()
      expect(told).toBeUndefined()
      await vi.advanceTimersByTimeAsync(1)
      await turn()
      expect(told).toMatchObject({ reason: 'timeout' })
    }
  })

  it('tells those who watch the link', async () => {
    const told: string[] = []
    const observer = {
      connected: () => void told.push('connected'),
      disconnected: (error: unknown) => void told.push((error as Error).message),
    }
    await open({ observer })
    expect(told).toEqual(['connected'])
    cache.reset()
    await untilUsable(cache)
    expect(told).toEqual(['connected', 'The connection ended', 'connected'])
  })

  it('has one breaker, which outlives the connection', async () => {
    await open()
    own.failing.set('read', new CacheUnusable('unreachable'))
    for (let i = 0; i < 5; i++) {
      await expect(cache.session()!.lookup('k', [], new Lease())).rejects.toThrow(CacheUnusable)
    }
    expect(cache.health().breaker).toBe('open')
    cache.reset()
    await untilUsable(cache)
    expect(cache.health().breaker).toBe('open')
  })

  it('ends with its connection, and no other is opened, once it is closed', async () => {
    await open()
    await cache.close()
    expect(cache.session()).toBeUndefined()
    await turn()
    expect(cache.session()).toBeUndefined()
  })
})
