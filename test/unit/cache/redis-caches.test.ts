import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RedisCache } from '../../../src/adapters/cache/redis-cache.ts'
import { nodeUrls, RedisClusterCache } from '../../../src/adapters/cache/redis-cluster-cache.ts'
import type { CachePort } from '../../../src/application/ports/cache-port.ts'
import { RealClock, RealRandom } from '../../contract/sources.ts'
import { RespServer } from './resp-server.ts'

let server: RespServer
let cache: CachePort | undefined

beforeEach(async () => {
  server = await RespServer.start()
})

afterEach(async () => {
  await cache?.close()
  cache = undefined
  await server.stop()
})

/** For a busy machine. */
const PATIENCE = { timeout: 20_000, interval: 5 }
const usable = () => expect.poll(() => cache!.session(), PATIENCE).toBeDefined()

describe('the cache on one server', () => {
  it('names many keys in one command', async () => {
    cache = new RedisCache(
      { url: server.url, prefix: 'p:', invalidateTimeoutMs: 20_000 },
      new RealClock(),
      new RealRandom(),
    )
    expect(cache.name).toBe('redis')
    await usable()
    await cache.session()!.invalidate(['a', 'b'])
    expect(server.asked).toEqual(['del p:stamp:a p:stamp:b'])
  })

  it('opens a new connection when one ends, and stops when it is closed', async () => {
    cache = new RedisCache({ url: server.url }, new RealClock(), new RealRandom())
    await usable()
    const session = cache.session()
    server.drop()
    await expect
      .poll(() => cache!.session() !== undefined && cache!.session() !== session, PATIENCE)
      .toBe(true)
    await cache.close()
    await expect.poll(() => server.open, PATIENCE).toBe(0)
  })
})

describe('the cache on a cluster', () => {
  const isWholeCluster = (node: RespServer) => {
    const range = [0, 16_383, [Buffer.from('127.0.0.1'), node.port, Buffer.from('id')]]
    node.answer = (command) => (command === 'cluster' ? [range] : undefined)
  }

  it('names one key in each command', async () => {
    isWholeCluster(server)
    cache = new RedisClusterCache(
      { url: server.url, prefix: 'p:', invalidateTimeoutMs: 20_000 },
      new RealClock(),
      new RealRandom(),
    )
    expect(cache.name).toBe('redis-cluster')
    await usable()
    await cache.session()!.invalidate(['a', 'b'])
    expect(server.asked).toEqual(['cluster SLOTS', 'del p:stamp:a', 'del p:stamp:b'])
  })

  it('asks its nodes in turn, from the first one on, until one knows', async () => {
    const [first, second] = [await RespServer.start(), await RespServer.start()]
    try {
      for (const node of [first, second]) {
        node.answer = (command) => (command === 'cluster' ? new Error('ERR not now') : undefined)
      }
      cache = new RedisClusterCache(
        { url: [first, second, server].map(({ url }) => url).join() },
        new RealClock(),
        new RealRandom(),
      )
      // The last node is asked third and sixth; by then the first two have been asked as often as it.
      await expect.poll(() => server.asked.length, PATIENCE).toBe(1)
      expect([first.asked.length, second.asked.length]).toEqual([1, 1])
      isWholeCluster(server)
      await usable()
      expect([first.asked.length, second.asked.length]).toEqual([2, 2])
    } finally {
      await cache?.close()
      await Promise.all([first.stop(), second.stop()])
    }
  })
})

describe('the nodes of a cluster', () => {
  it('may leave out what they share with the first', () => {
    expect(nodeUrls('rediss://app:s3cret@a:7000, b:7001,redis://c:7002')).toEqual([
      'rediss://app:s3cret@a:7000',
      'rediss://app:s3cret@b:7001',
      'redis://c:7002',
    ])
  })

  it.each([
    ['redis://:s3cret@a:7000,b:7001', 'redis://:s3cret@b:7001'],
    ['redis://app@a:7000,b:7001', 'redis://app:@b:7001'],
    ['redis://a:7000,b:7001', 'redis://b:7001'],
  ])('%s', (urls, second) => {
    expect(nodeUrls(urls)[1]).toBe(second)
  })
})
