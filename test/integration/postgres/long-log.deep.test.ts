import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LruCache } from '../../../src/adapters/cache/lru-cache.ts'
import { type Database, openDatabase } from '../../../src/adapters/postgres/database.ts'
import { SystemClock } from '../../../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../../../src/adapters/system/system-random.ts'
import { Drain } from '../../../src/application/consistency/drain.ts'
import { Lease, TrustedSessions } from '../../../src/application/consistency/lease.ts'
import type { CachePort } from '../../../src/application/consistency/ports/cache-port.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { FakeCache } from '../../unit/consistency/fakes.ts'

const ROWS = 100_000
const clock = new SystemClock()

let fresh: FreshDatabase
let database: Database
let sql: Client

beforeAll(async () => {
  fresh = await freshDatabase()
  // A piece has this long; all rows together have not.
  database = await openDatabase({ url: fresh.url }, { logTimeoutMs: 2000 })
  await database.migrate()
  sql = new Client({ connectionString: fresh.url })
  await sql.connect()
}, 120_000)
afterAll(async () => {
  await sql?.end()
  await database?.close()
  await fresh?.drop()
})

function drainOf(cache: CachePort) {
  const lease = new Lease(clock, 60_000)
  const drain = new Drain(cache, database.invalidationLog, new TrustedSessions(), lease)
  /** Drains until one is complete: a piece that is not given in time on a busy machine is asked for again. */
  const settle = () =>
    expect
      .poll(() => drain.run().then(({ invalidated, behind, error }) => ({ invalidated, behind, error })), {
        timeout: 120_000,
      })
      .toEqual({ invalidated: true, behind: undefined, error: undefined })
  return { drain, lease, settle }
}

const pendingRows = async () =>
  (await sql.query('select count(*)::int as rows from cache_invalidation where applied_at is null')).rows[0]
    .rows

describe('a hundred thousand rows that a bulk change by hand leaves pending', () => {
  it('are all applied and marked, piece by piece, and the lease is held', { timeout: 180_000 }, async () => {
    await sql.query(
      `select marketflow_invalidate('market:' || n, 'markets:active') from generate_series(1, ${ROWS}) n`,
    )
    const cache = new FakeCache('shared')
    const deleted = new Set<string>()
    cache.present!.invalidate = async (tags) => {
      for (const tag of tags) deleted.add(tag)
    }
    const { lease, settle } = drainOf(cache)
    await settle()
    expect(lease.holds).toBe(true)
    expect(deleted.size).toBe(ROWS + 1)
    expect(await pendingRows()).toBe(0)
  })
})

describe('while a snapshot is held, as by pg_dump', () => {
  it('a drain reads no more of the index after an hour of writes than before', {
    timeout: 180_000,
  }, async () => {
    const { settle, drain } = drainOf(new LruCache({ maxBytes: 1_000_000 }, clock, new SystemRandom()))
    await settle()
    const holder = new Client({ connectionString: fresh.url })
    await holder.connect()
    try {
      await holder.query('begin isolation level repeatable read; select count(*) from cache_invalidation')
      // An hour of writes, all of them drained and marked by this instance.
      for (let i = 0; i < 4; i++) {
        await sql.query(
          `insert into cache_invalidation (tags) select array['market:' || n] from generate_series(1, 900) n`,
        )
        await sql.query(
          `insert into cache_invalidation (tags, applied_at) select array['market:' || n], now() from generate_series(1, 17000) n`,
        )
        await settle()
      }
      await sql.query('vacuum cache_invalidation')
      const entriesRead = async () => {
        await sql.query('select pg_stat_force_next_flush()')
        const { rows } = await sql.query(
          `select sum(idx_tup_read)::int as read from pg_stat_user_indexes where relname = 'cache_invalidation'`,
        )
        return rows[0].read as number
      }
      // Statistics of the log's own connection arrive when it goes idle; it tells nothing of before.
      await expect.poll(async () => (await entriesRead()) > 60_000, { timeout: 60_000 }).toBe(true)
      await expect
        .poll(
          async () => {
            const before = await entriesRead()
            await sql.query(`select marketflow_invalidate('market:1')`)
            expect((await drain.run()).error).toBeUndefined()
            await new Promise((resolve) => setTimeout(resolve, 1500))
            return (await entriesRead()) - before
          },
          { timeout: 60_000 },
        )
        .toBeLessThan(100)
    } finally {
      await holder.end()
    }
  })
})
