import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Api, activeMarket, organizer, type Person } from '../support/api.ts'
import { HEAP_MB, MEMORY_MB, peakMemoryMb } from '../support/flood.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type RunningService, startService } from '../support/service.ts'

/** What the log is filled with. */
const KEPT = 1_000_000
const PENDING = 100_000
const TAGS_OF_ONE_ROW = 100_000

const PATIENCE = { timeout: 300_000, interval: 50 }

let database: FreshDatabase
let redis: TestRedis
let sql: Client
let service: RunningService | undefined
let rosa: Person
let market: string
/** How long a client takes that only reads all tags and keeps none, in ms: what instances are measured beside. */
let bareReadMs: number

const start = (cache: string) =>
  startService({
    DATABASE_URL: database.url,
    CACHE: cache,
    CACHE_MAX_MB: '96',
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
    ...(cache === 'lru' ? {} : { REDIS_URL: redis.url }),
  })

beforeAll(async () => {
  database = await freshDatabase()
  redis = await startRedis({ args: ['--maxmemory', '128mb', '--maxmemory-policy', 'allkeys-lru'] })
  service = await start('null')
  rosa = await organizer(new Api(service.url))
  market = await activeMarket(rosa, { name: 'v0' })
  await service.stop()
  sql = new Client({ connectionString: database.url })
  await sql.connect()
  await sql.query(
    `insert into cache_invalidation (tags, applied_at)
     select array['market:' || id, 'stats:market:' || id, 'applications:market:' || id, 'markets:active'], now()
     from (select gen_random_uuid()::text as id from generate_series(1, ${KEPT})) new`,
  )
  const began = performance.now()
  for (let from = 0; from < KEPT; from += 10_000)
    await sql.query(`select tags from cache_invalidation where id > $1 order by id limit 10000`, [from])
  bareReadMs = performance.now() - began
}, 600_000)
afterEach(() => service?.kill())
afterAll(async () => {
  await sql?.end()
  await redis?.stop()
  await database?.drop()
})

async function leavePending(): Promise<void> {
  await sql.query(
    `select marketflow_invalidate('market:' || n, 'markets:active') from generate_series(1, ${PENDING}) n`,
  )
  await sql.query(
    `select marketflow_invalidate(variadic array(select 'vendor:' || n from generate_series(1, ${TAGS_OF_ONE_ROW}) n))`,
  )
}

const holdsLease = async (): Promise<boolean> =>
  (await new Api(service!.url).get('/readyz')).body.lease.held === true

/** Waits for a lease, and tells how long it took. */
async function settled(when: string): Promise<void> {
  const began = performance.now()
  await expect.poll(holdsLease, PATIENCE).toBe(true)
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  process.stdout.write(
    `${when}: a lease after ${seconds(performance.now() - began)}; all tags are read in ${seconds(bareReadMs)}; ${peakMemoryMb(service!)?.toFixed()} MB\n`,
  )
  const { rows } = await sql.query('select from cache_invalidation where applied_at is null limit 1001')
  // The lease comes before the last piece's mark.
  expect(rows.length).toBeLessThanOrEqual(1000)
}

describe('a million kept rows, a hundred thousand pending ones and one of a hundred thousand tags, in the memory of the compose file', () => {
  it.each(['tiered', 'lru'])(
    'an instance with CACHE=%s starts, has a lease, and lives when its connections drop',
    {
      timeout: 900_000,
    },
    async (cache) => {
      await leavePending()
      service = await start(cache)
      await settled(`${cache}, at the start`)
      await leavePending()
      await sql.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'marketflow log'`,
      )
      if (cache !== 'lru') await redis.cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await expect.poll(holdsLease, PATIENCE).toBe(false)
      await settled(`${cache}, after its connections were dropped`)

      const { api } = rosa
      const at = api.at(service.url)
      expect((await at.put(`/markets/${market}`, { name: cache })).status).toBe(200)
      expect((await at.get(`/markets/${market}`)).body.name).toBe(cache)
      const hit = async () => (await at.get(`/markets/${market}`)).headers.get('cache-status')
      await expect.poll(hit, PATIENCE).toMatch(/; hit/)
      expect(service.process.exitCode ?? service.process.signalCode).toBeNull()
      expect(peakMemoryMb(service) ?? 0).toBeLessThan(MEMORY_MB)
    },
  )
})
