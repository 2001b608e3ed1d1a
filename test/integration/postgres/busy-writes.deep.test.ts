import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Api, activeMarket, organizer, type Person } from '../../support/api.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { type RunningService, startService } from '../../support/service.ts'

/** The connections that writes have, of each instance. */
const WRITES_AT_ONCE = 6
/** The connections for all else. */
const OTHERS_AT_ONCE = 10

let database: FreshDatabase
let service: RunningService | undefined
let holder: Client
/** Another one, since a transaction sees the sessions as they were when it first looked. */
let watcher: Client
let rosa: Person
let market: string

beforeAll(async () => {
  database = await freshDatabase()
  // A lease that a busy machine keeps: without it /me would have to ask PostgreSQL.
  service = await startService({
    DATABASE_URL: database.url,
    CACHE: 'lru',
    LEASE_MS: '10000',
  })
  rosa = await organizer(new Api(service.url))
  market = await activeMarket(rosa, { city: 'Bend' })
  ;[holder, watcher] = [0, 1].map(() => new Client({ connectionString: database.url })) as [Client, Client]
  for (const client of [holder, watcher]) {
    client.on('error', () => {})
    await client.connect()
  }
})
afterAll(async () => {
  await Promise.all([holder?.end(), watcher?.end()])
  await service?.kill()
  await database.drop()
})

/** Sessions of the service that wait for a lock. */
async function waiting(): Promise<number> {
  const { rows } = await watcher.query(
    `select count(*)::int as sessions from pg_stat_activity
     where datname = current_database() and application_name = 'marketflow' and wait_event_type = 'Lock'`,
  )
  return rows[0].sessions
}

it('twelve writes that wait for one row are refused as overloaded, and neither misses nor log-ins nor /readyz wait behind them', async () => {
  await holder.query('begin')
  await holder.query('select from markets where id = $1 for update', [market])
  const writes = Array.from({ length: 12 }, (_, i) => rosa.api.put(`/markets/${market}`, { name: `v${i}` }))
  await expect.poll(waiting).toBe(WRITES_AT_ONCE)
  const { api } = rosa
  const statuses = await Promise.all([
    api.get('/markets?city=bend&page_size=7').then(({ status }) => status),
    api.get('/me').then(({ status }) => status),
    api.get('/readyz').then(({ status }) => status),
    api.post('/auth/login', { email: rosa.email, password: 'a wrong password' }).then(({ status }) => status),
  ])
  expect(statuses).toEqual([200, 200, 200, 401])
  for (const { status, body, headers } of await Promise.all(writes)) {
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'overloaded', '1'])
  }
  await holder.query('rollback')
  expect((await api.put(`/markets/${market}`, { name: 'free' })).status).toBe(200)
})

it('256 who ask for /me at once get it, and /readyz is answered, while every connection of the pool waits', async () => {
  const { api } = rosa
  expect((await api.get('/me')).status).toBe(200)
  await holder.query('begin')
  await holder.query('lock table accounts in access exclusive mode')
  const credentials = { email: rosa.email, password: 'a wrong password' }
  const logins = Array.from({ length: 30 }, () => api.post('/auth/login', credentials))
  await expect.poll(waiting).toBe(OTHERS_AT_ONCE)
  const statusOf = (path: string) => api.get(path).then(({ status }) => status)
  const statuses = (path: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => statusOf(path)))
  const [me, ready] = await Promise.all([statuses('/me', 256), statuses('/readyz', 1)])
  expect({ me: [...new Set(me)], ready }).toEqual({ me: [200], ready: [200] })
  expect(await waiting()).toBe(OTHERS_AT_ONCE)
  await holder.query('rollback')
  await Promise.all(logins)
})
