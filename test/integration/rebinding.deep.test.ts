import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { SettingsConflict } from '../../src/adapters/postgres/settings-lock.ts'
import { SystemClock } from '../../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../../src/adapters/system/system-random.ts'
import { CachePort } from '../../src/application/consistency/ports/cache-port.ts'
import { readConfig } from '../../src/infrastructure/config/config.ts'
import type { Override } from '../../src/infrastructure/core.ts'
import { type Service, startService } from '../../src/infrastructure/service.ts'
import { FileCache } from '../contract/examples/file-cache.ts'
import { Api, activeMarket, organizer } from '../support/api.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { startService as startProcess } from '../support/service.ts'

let directory: string
let database: FreshDatabase
let redis: TestRedis
const services: Service[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marketflow-'))
  database = await freshDatabase()
  redis = await startRedis()
})

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()))
})

afterAll(async () => {
  await redis?.stop()
  await database?.drop()
  await rm(directory, { recursive: true })
})

async function start(env: Record<string, string>, cache?: CachePort): Promise<Api> {
  const config = readConfig({
    PORT: '0',
    DATA_DIR: 'memory',
    SEED_DEMO: 'false',
    LOG_LEVEL: 'silent',
    RATE_LIMIT: 'off',
    LEASE_MS: '500',
    JWT_SECRET: 'a secret of thirty-two bytes or more',
    ...env,
  })
  const rebind: Override = async (container) => {
    const binding = await container.rebind(CachePort)
    binding.toConstantValue(cache!)
  }
  const service = await startService(config, cache === undefined ? [] : [rebind])
  services.push(service)
  return new Api(service.url)
}

const fileCache = () => new FileCache(directory, new SystemClock(), new SystemRandom())
const sharedFileCache = () => Object.assign(fileCache(), { reach: 'shared', identity: 'file' }) as CachePort

async function keepsThePromise(api: Api): Promise<void> {
  const rosa = await organizer(api)
  const market = await activeMarket(rosa)
  const statusOf = async () => (await api.get(`/markets/${market}`)).headers.get('cache-status')
  expect(await statusOf()).toContain('fwd=miss; stored')
  expect(await statusOf()).toContain('; hit;')
  await rosa.api.put(`/markets/${market}`, { name: 'Renamed' })
  expect((await api.get(`/markets/${market}`)).body.name).toBe('Renamed')
}

it('the service runs on a private cache adapter of one’s own', async () => {
  await keepsThePromise(await start({}, fileCache()))
})

it.each(['1', '2'])(
  'a start file of one’s own has the service on a cache of one’s own, and ends at a signal, WORKERS=%s',
  async (workers) => {
    const service = await startProcess(
      { DATABASE_URL: database.url, WORKERS: workers, PAGES: directory },
      'test/integration/service-on-files.ts',
    )
    expect(service.log.join('\n')).toContain('"cache":"file"')
    await keepsThePromise(new Api(service.url))
    expect(await service.stop()).toBe(0)
  },
)

it('the service runs on a shared cache adapter of one’s own, and needs no Redis for it', async () => {
  await keepsThePromise(await start({ DATABASE_URL: database.url }, sharedFileCache()))
})

it('a shared adapter of one’s own is refused beside Redis, whichever comes first', async () => {
  const shared = { DATABASE_URL: database.url }
  const onRedis = { ...shared, REDIS_URL: redis.url }
  await start(onRedis)
  await expect(start(shared, sharedFileCache())).rejects.toBeInstanceOf(SettingsConflict)
  await services.pop()?.close()
  await start(shared, sharedFileCache())
  await expect(start(onRedis)).rejects.toBeInstanceOf(SettingsConflict)
})

it.each([
  ['throws whatever it is asked', () => Promise.reject(new TypeError('undefined is not a function'))],
  ['never answers', () => new Promise<never>(() => {})],
])('reads and writes go on with an adapter that %s', async (_, answer) => {
  const cache = fileCache()
  Object.assign(cache.session(), { lookup: answer, store: answer, invalidate: answer, inspect: answer })
  const api = await start({}, cache)
  const rosa = await organizer(api)
  const made = await rosa.api.post('/markets', { name: 'Pier', city: 'Lisbon', stall_count: 3 })
  expect(made.status).toBe(201)
  const read = await rosa.api.get(`/markets/${made.body.id}`)
  expect(read.body.name).toBe('Pier')
  expect(read.headers.get('cache-status')).toContain('fwd=bypass')
  const ready = await api.get('/readyz')
  expect(ready.body.cache).toMatchObject({
    connected: false,
    problem: expect.stringMatching(/TypeError|timeout/),
  })
  expect((await api.get('/metrics')).text).toMatch(
    /marketflow_cache_failed_calls_total\{call="invalidate"\} [1-9]/,
  )
})
