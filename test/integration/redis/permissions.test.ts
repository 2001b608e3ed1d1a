import { afterEach, beforeEach, expect, it } from 'vitest'
import { RedisCache } from '../../../src/adapters/cache/redis-cache.ts'
import { SystemClock } from '../../../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../../../src/adapters/system/system-random.ts'
import { BoundedCache } from '../../../src/application/consistency/bounded-cache.ts'
import type { CacheSession, Lookup } from '../../../src/application/consistency/ports/cache-port.ts'
import { problemOf } from '../../../src/application/consistency/ports/cache-port.ts'
import { Allowed, entryOf, untilUsable } from '../../contract/cache-contract.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'

/** For a busy machine. */
const PATIENCE = { timeout: 20_000 }
const DEADLINES = { lookupMs: 20_000, invalidateMs: 20_000, closeMs: 20_000 }

let server: TestRedis | undefined
let cache: BoundedCache | undefined
let told: string[]

beforeEach(() => {
  told = []
})

afterEach(async () => {
  await cache?.close()
  await server?.stop()
  cache = undefined
  server = undefined
})

/** A cache as the core has it, whose user may do what the rules say. */
async function open(rules: readonly string[], args: readonly string[] = []): Promise<BoundedCache> {
  server = await startRedis({ args })
  await server.cli('ACL', 'SETUSER', 'app', 'on', '>secret', ...rules)
  const clock = new SystemClock()
  const options = {
    url: server.url.replace('//', '//app:secret@'),
    timeoutMs: 5000,
    invalidateTimeoutMs: 5000,
    observer: {
      connected: () => void told.push('connected'),
      disconnected: (error: unknown) => void told.push(String(error)),
    },
  }
  cache = new BoundedCache(new RedisCache(options, clock, new SystemRandom()), DEADLINES, clock, {
    failed: (call, error) => void told.push(`${call} ${problemOf(error).code}`),
    recovered: () => {},
  })
  return cache
}

const session = (): CacheSession => cache!.session()!
const look = (): Promise<Lookup> => session().lookup('key', ['tag'], new Allowed())

async function keepsThePromise(): Promise<void> {
  await untilUsable(cache!)
  const { fence } = await look()
  expect(await session().store('key', ['tag'], entryOf('old'), fence, 60_000)).toBe(true)
  expect((await look()).entry?.body.toString()).toBe('old')
  await session().invalidate(['tag'])
  expect((await look()).entry).toBeUndefined()
}

it('a user who may not run ROLE has the whole cache: INFO says who answers', async () => {
  await open(['~*', '+@all', '-role'])
  await keepsThePromise()
  expect(told).toEqual(['connected'])
})

it('a user who may not run ROLE still finds out that the master has become a replica', async () => {
  await open(['~*', '+@all', '-role'])
  await keepsThePromise()
  const before = session()
  await server!.cli('REPLICAOF', '127.0.0.1', '1')
  await expect(before.lookup('key', ['tag'], new Allowed())).rejects.toMatchObject({ name: 'CacheUnusable' })
  await expect.poll(() => cache!.session(), PATIENCE).toBeUndefined()
  await expect.poll(() => cache!.health().problem?.code, PATIENCE).toBe('DEMOTED')
})

it('exactly the commands that the operations name are enough', async () => {
  await open(['~*', '-@all', '+ping', '+info', '+get', '+mget', '+set', '+del', '+client|setname'])
  await keepsThePromise()
})

it('a user who may not run INFO is told once what is needed, and health says why there is no cache', async () => {
  await open(['~*', '+@all', '-@dangerous'])
  await expect.poll(() => cache!.health().problem?.code, PATIENCE).toBe('NOPERM')
  // Many attempts later.
  const tries = async () =>
    Number(/total_connections_received:(\d+)/.exec(String(await server!.cli('INFO')))?.[1])
  const before = await tries()
  await expect.poll(tries, PATIENCE).toBeGreaterThan(before + 6)
  expect(told).toEqual([expect.stringContaining('Marketflow needs INFO')])
  expect(cache!.health().connected).toBe(false)
})

it.each([
  ['DEL', ['-del'], 'invalidate', 'NOPERM'],
  ['SET', ['-set'], 'lookup', 'NOPERM'],
  ['keys under the prefix', ['resetkeys', '~other:*'], 'lookup', 'NOPERM'],
] as const)('without %s the cache is not connected, and says why', async (_, rules, call, code) => {
  await open(['~*', '+@all', ...rules])
  await untilUsable(cache!)
  if (call === 'lookup') await expect(look()).rejects.toMatchObject({ name: 'CacheUnusable' })
  else await expect(session().invalidate(['tag'])).rejects.toMatchObject({ name: 'CacheUnusable' })
  expect(cache!.health()).toMatchObject({ connected: false, problem: { code } })
  expect(told).toEqual(['connected', `${call} ${code}`])
})

it.each([
  ['NOREPLICAS', ['min-replicas-to-write', '1'], () => session().invalidate(['tag'])],
  ['OOM', ['maxmemory', '1'], look],
] as const)(
  'a server that answers %s is not connected, until it takes writes again',
  async (code, [name, value], call) => {
    await open(['~*', '+@all'])
    await untilUsable(cache!)
    await server!.cli('CONFIG', 'SET', name, value)
    await expect(call()).rejects.toMatchObject({ name: 'CacheUnusable' })
    expect(cache!.health()).toMatchObject({ connected: false, problem: { code } })
    await server!.cli('CONFIG', 'SET', name, '0')
    await call()
    expect(cache!.health()).toMatchObject({ connected: true })
    expect(cache!.health().problem).toBeUndefined()
  },
)

it('one URL of a cluster is named as such, once', async () => {
  await open(['~*', '+@all'], ['--cluster-enabled', 'yes'])
  await expect.poll(() => cache!.health().problem?.code, PATIENCE).toBe('CLUSTER')
  expect(told).toEqual([expect.stringContaining('a node of a Redis Cluster')])
  expect(cache!.session()).toBeUndefined()
})
