import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test, vi } from 'vitest'
import { nodeUrls, RedisCache, RedisClusterCache } from '../../../src/adapters/cache/redis-cache.ts'
import { entryOf, fill, lookup, names, untilUsable } from '../../contract/cache-contract.ts'
import { RealClock, RealRandom } from '../../contract/sources.ts'
import { startRedis } from '../../support/redis.ts'
import { eventually } from './harness.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const server = await startRedis({ args: ['--user', 'app', 'on', '>s3cret', '~*', '+@all'] })
afterAll(() => server.stop())

function recorder() {
  const told: string[] = []
  const observer = {
    connected: () => void told.push('connected'),
    disconnected: (error: unknown) => void told.push(String(error)),
  }
  return { told, observer }
}

test('user, password and database come from the URL', async () => {
  const url = `redis://app:s3cret@127.0.0.1:${server.port}/3`
  const cache = new RedisCache({ url, prefix: 'p:' }, new RealClock(), new RealRandom())
  try {
    await untilUsable(cache)
    const { key, tag } = names()
    await fill(cache, key, [tag], entryOf('here'))
    expect((await lookup(cache, key, [tag])).entry?.body.toString()).toBe('here')
    expect(String(await server.cli('INFO', 'keyspace'))).toContain('db3:keys=')
  } finally {
    await cache.close()
  }
})

test('a wrong password is told once, however often it is tried', async () => {
  const { told, observer } = recorder()
  const url = `redis://app:wrong@127.0.0.1:${server.port}`
  const cache = new RedisCache({ url, observer }, new RealClock(), new RealRandom())
  try {
    await sleep(1000)
    expect(cache.session()).toBeUndefined()
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('WRONGPASS')
  } finally {
    await cache.close()
  }
})

test('an outage is told once, and so is its end', async () => {
  const own = await startRedis()
  const { told, observer } = recorder()
  const cache = new RedisCache({ url: own.url, observer }, new RealClock(), new RealRandom())
  try {
    await untilUsable(cache)
    await own.kill()
    await sleep(1000)
    await own.restart()
    await untilUsable(cache)
    await eventually('the end is told', async () => (told.at(-1) === 'connected' ? true : undefined))
    expect(told.filter((each) => each === 'connected')).toHaveLength(2)
    expect(told.some((each) => each.includes('ECONNREFUSED'))).toBe(true)
    expect(told.length).toBeLessThanOrEqual(5)
  } finally {
    await cache.close()
    await own.stop()
  }
})

test('a server that is no cluster gives no session, and says why', async () => {
  const { told, observer } = recorder()
  const cache = new RedisClusterCache({ url: server.url, observer }, new RealClock(), new RealRandom())
  try {
    await sleep(300)
    expect(cache.session()).toBeUndefined()
    expect(told[0]).toContain('cluster support disabled')
  } finally {
    await cache.close()
  }
})

test('nodes may leave out what they share with the first', () => {
  expect(nodeUrls('rediss://app:s3cret@a:7000, b:7001,redis://c:7002')).toEqual([
    'rediss://app:s3cret@a:7000',
    'rediss://app:s3cret@b:7001',
    'redis://c:7002',
  ])
})
