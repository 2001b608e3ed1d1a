import { Pool } from 'pg'
import { afterAll, expect, it } from 'vitest'
import { openDatabase } from '../../../src/adapters/postgres/database.ts'
import { prepareLog } from '../../../src/adapters/postgres/log-schema.ts'
import { PoolConnections } from '../../../src/adapters/postgres/pool-connections.ts'
import { SamePrimary } from '../../../src/adapters/postgres/same-primary.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'

const TABLES = ['cache_invalidation', 'cache_sweep', 'cache_holder']

const opened: FreshDatabase[] = []
afterAll(() => Promise.all(opened.map((database) => database.drop())))

async function withPool<T>(use: (pool: Pool, url: string) => Promise<T>): Promise<T> {
  const database = await freshDatabase()
  opened.push(database)
  const pool = new Pool({ connectionString: database.url })
  try {
    return await use(pool, database.url)
  } finally {
    await pool.end()
  }
}

/** What PostgreSQL knows of the log's tables, in an order that does not depend on how they came to be. */
async function schemaOf(pool: Pool): Promise<unknown> {
  const queries = {
    columns: `select table_name, column_name, data_type, is_nullable, column_default, is_identity
      from information_schema.columns where table_name = any($1) order by 1, 2`,
    indexes: `select indexdef from pg_indexes where tablename = any($1) order by 1`,
    rules: `select conrelid::regclass::text, pg_get_constraintdef(oid) as rule from pg_constraint
      where conrelid::regclass::text = any($1) order by 1, 2`,
    triggers: `select pg_get_triggerdef(oid) as trigger from pg_trigger
      where tgrelid::regclass::text = any($1) and not tgisinternal order by 1`,
    functions: `select pg_get_functiondef(oid) as function from pg_proc
      where proname in ('marketflow_invalidate', 'marketflow_note_swept') and $1::text[] is not null order by 1`,
    sweeps: `select sweeps::int, swept::text from cache_sweep where $1::text[] is not null`,
  }
  const found: Record<string, unknown> = {}
  for (const [what, sql] of Object.entries(queries)) found[what] = (await pool.query(sql, [TABLES])).rows
  return JSON.parse(JSON.stringify(found).replaceAll(/(\\n|\s)+/g, ' '))
}

const connectionsOf = (pool: Pool) =>
  new PoolConnections({
    pool,
    primary: new SamePrimary(),
    connectTimeoutMs: 60_000,
    statementTimeoutMs: 60_000,
  })

it('the log that an application of one’s own gets is the one that migrations make', async () => {
  const migrated = await withPool(async (pool, url) => {
    const database = await openDatabase({ url })
    await database.migrate()
    await database.close()
    return schemaOf(pool)
  })
  const prepared = await withPool(async (pool) => {
    await prepareLog(connectionsOf(pool))
    return schemaOf(pool)
  })
  expect(prepared).toEqual(migrated)
})

it('instances that start at once make one log, and a role that may create nothing finds it', async () => {
  await withPool(async (pool) => {
    await Promise.all([1, 2, 3].map(() => prepareLog(connectionsOf(pool))))
    expect(await schemaOf(pool)).toMatchObject({ sweeps: [{ sweeps: 0 }] })
    const readOnly = new Pool({ ...pool.options, options: '-c default_transaction_read_only=on' })
    await prepareLog(connectionsOf(readOnly))
    await readOnly.end()
  })
})
