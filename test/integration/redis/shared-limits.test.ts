import type { Cluster, Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { connectCountingClient } from '../../../src/adapters/cache/counting-client.ts'
import { inRedis } from '../../../src/adapters/http/kit/limiters.ts'
import { RateLimits } from '../../../src/adapters/http/kit/rate-limits.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'
import { readConfig } from '../../../src/infrastructure/config/config.ts'
import { openLimits } from '../../../src/infrastructure/config/limits.ts'
import { freePort, startRedis, type TestRedis } from '../../support/redis.ts'
import { startRedisCluster, type TestCluster } from '../../support/redis-cluster.ts'
import { SLACK_MS, TIMEOUT_MS } from './harness.ts'

const wrong = () => Promise.reject(new MarketflowError('unauthenticated'))
/** Of one account from one network, within a quarter of an hour. */
const GUESSES = 10

describe('limits that instances share', () => {
  const clients: (Redis | Cluster)[] = []
  let server: TestRedis | TestCluster | undefined

  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect()
    await server?.stop()
    server = undefined
  })

  /** One instance's limits, on a connection of its own. */
  function instance(url: string): { readonly limits: RateLimits; readonly connected: () => Promise<void> } {
    const client = connectCountingClient(url.split(','), TIMEOUT_MS)
    clients.push(client)
    return {
      limits: new RateLimits(inRedis({ client, prefix: 'test:limit:', timeoutMs: TIMEOUT_MS })),
      connected: () => expect.poll(() => client.status, { timeout: 10_000 }).toBe('ready'),
    }
  }

  /** Guesses once; resolves with what came of it. */
  async function guess(limits: RateLimits, email = 'ada@example.org'): Promise<string> {
    return limits.guardLogin(email, '192.0.2.1', wrong).catch(({ code }: MarketflowError) => code)
  }

  async function guessTimes(limits: RateLimits, times: number): Promise<void> {
    for (let i = 0; i < times; i++) expect(await guess(limits)).toBe('unauthenticated')
  }

  it.each([
    ['one Redis', () => startRedis()],
    ['a Redis Cluster', () => startRedisCluster()],
  ])('count together, on %s', async (_name, start) => {
    server = await start()
    const [here, there] = [instance(server.url), instance(server.url)]
    await Promise.all([here.connected(), there.connected()])
    await guessTimes(here.limits, GUESSES / 2)
    await guessTimes(there.limits, GUESSES / 2)
    expect([await guess(here.limits), await guess(there.limits)]).toEqual(['rate-limited', 'rate-limited'])
    expect(await guess(there.limits, 'bob@example.org')).toBe('unauthenticated')
  })

  it('leave nothing in Redis that names anybody, and nothing for good', async () => {
    const redis = await startRedis()
    server = redis
    const { limits, connected } = instance(redis.url)
    await connected()
    await guess(limits)
    await limits.countWrite('0b8f3f0a-8a44-4b0a-9d7c-3b8b7c1a2d3e')
    const keys = (await redis.cli('KEYS', '*')) as string[]
    // Of the address and its networks, of the e-mail address, and of the account.
    expect(keys).toHaveLength(7)
    for (const key of keys) {
      expect(key).toMatch(/^test:limit:[a-z-]+:[\w-]{43}$/)
      expect(await redis.cli('PTTL', key)).toBeGreaterThan(0)
    }
  })

  it('are counted under the service’s own prefix, beside another service on the same Redis', async () => {
    const redis = await startRedis()
    server = redis
    const { limits, close } = openLimits(readConfig({ REDIS_URL: redis.url, REDIS_PREFIX: 'one:' }))
    try {
      const keys = async () => {
        await limits!.countWrite('rosa')
        return redis.cli('KEYS', '*')
      }
      // The first counts may come before the connection.
      await expect.poll(keys).toEqual([expect.stringMatching(/^one:limit:writes:/)])
    } finally {
      close()
    }
  })

  it('go on in this process when Redis was never there, and count together once it is', async () => {
    const redis = await startRedis({ port: await freePort(), running: false })
    server = redis
    const [here, there] = [instance(redis.url), instance(redis.url)]
    await guessTimes(here.limits, GUESSES)
    expect(await guess(here.limits)).toBe('rate-limited')
    expect(await guess(there.limits)).toBe('unauthenticated')
    await redis.restart()
    await Promise.all([here.connected(), there.connected()])
    await guessTimes(here.limits, GUESSES)
    expect(await guess(there.limits)).toBe('rate-limited')
  })

  it('make no request wait for a Redis that has stalled', async () => {
    const redis = await startRedis()
    server = redis
    const { limits, connected } = instance(redis.url)
    await connected()
    redis.pause()
    const began = performance.now()
    for (let i = 0; i < 100; i++) await limits.countWrite('rosa')
    // Waiting for each of them would take twice as long as this.
    expect(performance.now() - began).toBeLessThan((100 * TIMEOUT_MS) / 2 + SLACK_MS / 4)
    for (let i = 100; i < 300; i++) await limits.countWrite('rosa')
    await expect(limits.countWrite('rosa')).rejects.toMatchObject({ code: 'rate-limited' })
    redis.resume()
    // The first counts after it may still meet the connection that was given up.
    const counted = () =>
      limits.countWrite('rosa').then(
        () => true,
        () => false,
      )
    await expect.poll(counted, { timeout: 10_000 }).toBe(true)
    expect(await redis.cli('KEYS', 'test:limit:writes:*')).toHaveLength(1)
  })
})
