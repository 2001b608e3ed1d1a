import { afterEach, expect, it } from 'vitest'
import { Api, activeMarket, organizer } from '../support/api.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type RunningService, startService } from '../support/service.ts'

let redis: TestRedis
const databases: FreshDatabase[] = []
const services: RunningService[] = []

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.kill()))
  await Promise.all(databases.splice(0).map((database) => database.drop()))
  await redis.stop()
})

async function start(env: Record<string, string>): Promise<Api> {
  const service = await startService({ REDIS_URL: redis.url, ...env })
  services.push(service)
  return new Api(service.url)
}

async function fresh(): Promise<string> {
  const database = await freshDatabase()
  databases.push(database)
  return database.url
}

const listed = async (api: Api) =>
  (await api.get('/markets')).body.markets.map(({ id }: { id: string }) => id)

it('two databases, embedded or not, do not see each other’s pages', async () => {
  redis = await startRedis()
  const places = [
    { DATA_DIR: 'memory' },
    { DATA_DIR: 'memory' },
    { DATABASE_URL: await fresh() },
    { DATABASE_URL: await fresh() },
  ]
  const own: { readonly api: Api; readonly market: string }[] = []
  for (const place of places) {
    const api = await start(place)
    own.push({ api, market: await activeMarket(await organizer(api)) })
  }
  // No write between the reads: it would end what another has stored.
  for (const { api, market } of own) {
    expect(await listed(api)).toEqual([market])
    const again = await api.get('/markets')
    expect(again.headers.get('cache-status')).toMatch(/; hit/)
    expect(again.body.total).toBe(1)
  }
})

it('one database, but keys under another prefix: the second instance is refused and says why', async () => {
  redis = await startRedis()
  const DATABASE_URL = await fresh()
  await start({ DATABASE_URL })
  await expect(start({ DATABASE_URL, REDIS_PREFIX: 'other:' })).rejects.toThrow(/REDIS_PREFIX/)
})
