import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeUrls, RedisCache, RedisClusterCache } from '../../../src/adapters/cache/redis-cache.ts'
import type { CachePort } from '../../../src/application/consistency/ports/cache-port.ts'
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
  const wholeClusterAt = ({ port }: RespServer) => [
    [0, 16_383, [Buffer.from('127.0.0.1'), port, Buffer.from('id')]],
  ]

  it('names one key in each command', async () => {
    server.answer = (command) => (command === 'cluster' ? wholeClusterAt(server) : undefined)
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
    const nodes = [await RespServer.start(), await RespServer.start(), server]
    const turns: number[] = []
    for (const [i, node] of nodes.entries()) {
      node.answer = (command) => {
        if (command !== 'cluster') return undefined
        turns.push(i)
        return turns.length < 6 ? new Error('ERR not now') : wholeClusterAt(server)
      }
    }
    try {
      cache = new RedisClusterCache(
        { url: nodes.map(({ url }) => url).join() },
        new RealClock(),
        new RealRandom(),
      )
      await usable()
      expect(turns).toEqual([0, 1, 2, 0, 1, 2])
    } finally {
      await cache?.close()
      await Promise.all(nodes.slice(0, 2).map((node) => node.stop()))
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
