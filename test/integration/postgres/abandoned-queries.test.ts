import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDatabase } from '../../../src/adapters/postgres/database.ts'
import { PostgresInvalidationLog } from '../../../src/adapters/postgres/postgres-invalidation-log.ts'
import { SamePrimary } from '../../../src/adapters/postgres/same-primary.ts'
import { LogOverdue } from '../../../src/application/consistency/ports/invalidation-log.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'

const TIMEOUT_MS = 500

let fresh: FreshDatabase
let log: PostgresInvalidationLog
/** Another client of the same database: an operator, a backup, a migration. */
let other: Client

beforeAll(async () => {
  fresh = await freshDatabase()
  const database = await openDatabase({ url: fresh.url })
  await database.migrate()
  await database.close()
  log = new PostgresInvalidationLog({ connectionString: fresh.url }, TIMEOUT_MS, new SamePrimary())
  await log.claim('private/1000')
  other = new Client({ connectionString: fresh.url })
  await other.connect()
})

afterAll(async () => {
  await log.close()
  await other.end()
  await fresh.drop()
})

async function lockTable(): Promise<void> {
  await other.query('begin')
  await other.query('lock table cache_invalidation in access exclusive mode')
}

/** How many sessions of the log there are that wait for a lock, `forMs` or longer. */
async function waiting(forMs: number): Promise<number> {
  const { rows } = await other.query(
    `select count(*)::int as sessions from pg_stat_activity
      where datname = current_database() and application_name = 'marketflow log' and wait_event_type = 'Lock'
        and clock_timestamp() - query_start > $1 * interval '1 millisecond'`,
    [forMs],
  )
  return rows[0].sessions
}

it('a server that is slow is told from one that is silent, and keeps its connection', async () => {
  const { position } = await log.kept()
  await lockTable()
  await expect(log.pending()).rejects.toBeInstanceOf(LogOverdue)
  await other.query('commit')
  expect(log.knows(position)).toBe(true)
  expect((await log.kept(position)).missed).toBe(false)
})

it('what was given up ends on the server, and does not stand in this instance’s own way', async () => {
  await lockTable()
  await expect(log.pending()).rejects.toMatchObject({ code: 'database-unavailable' })
  await expect.poll(() => waiting(0)).toBe(0)
  await other.query('commit')
  expect((await log.pending()).tags).toEqual([])
})
