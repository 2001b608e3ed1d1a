import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Api, activeMarket, organizer, type Person } from '../../support/api.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { type RunningService, startService } from '../../support/service.ts'

/** The connections that writes have, of each instance. */
const WRITES_AT_ONCE = 6

let database: FreshDatabase
let service: RunningService | undefined
let holder: Client
/** Another one, since a transaction sees the sessions as they were when it first looked. */
let watcher: Client
let rosa: Person
let market: string

beforeAll(async () => {
  database = await freshDatabase()
  service = await startService({ DATABASE_URL: database.url, CACHE: 'lru' })
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

it('twelve writes that wait for one row are refused as overloaded, and neither misses nor log-ins nor /readyz wait behind them', async () => {
  await holder.query('begin')
  await holder.query('select from markets where id = $1 for update', [market])
  const writes = Array.from({ length: 12 }, (_, i) => rosa.api.put(`/markets/${market}`, { name: `v${i}` }))
  const waiting = async () => {
    const { rows } = await watcher.query(
      `select count(*)::int as sessions from pg_stat_activity
       where datname = current_database() and application_name = 'marketflow' and wait_event_type = 'Lock'`,
    )
    return rows[0].sessions
  }
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
