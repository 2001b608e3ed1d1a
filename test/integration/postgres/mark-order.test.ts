import { Client } from 'pg'
import { expect, it } from 'vitest'
import { type Database, openDatabase } from '../../../src/adapters/postgres/database.ts'
import { freshDatabase } from '../../support/postgres.ts'

it('marks lock the rows of the log in the order of their ids, so that two instances never hold what the other waits for', async () => {
  const fresh = await freshDatabase()
  const holder = new Client({ connectionString: fresh.url })
  const looker = new Client({ connectionString: fresh.url })
  await Promise.all([holder.connect(), looker.connect()])
  const database = await openDatabase({ url: fresh.url })
  try {
    await database.migrate()
    const [first, second] = [await logged(database, 'one'), await logged(database, 'two')]
    // Without indexes rows are found in the order in which they lie: the first is put behind the second.
    await holder.query('alter table cache_invalidation drop constraint cache_invalidation_pkey')
    const indexes = `select indexname from pg_indexes where tablename = 'cache_invalidation'`
    for (const { indexname } of (await holder.query(indexes)).rows)
      await holder.query(`drop index ${indexname}`)
    await holder.query('update cache_invalidation set tags = tags where id = $1', [first])
    await holder.query('begin')
    await holder.query('select from cache_invalidation where id = $1 for update', [first])

    const marking = database.invalidationLog.markApplied([second, first])
    const waiting = `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await expect.poll(async () => (await looker.query(waiting)).rows[0].n).toBe(1)
    const free = 'select id::text from cache_invalidation where id = $1 for update skip locked'
    expect((await looker.query(free, [second])).rows).toEqual([{ id: second }])

    await holder.query('commit')
    await marking
    expect((await database.invalidationLog.pending()).pending).toEqual([])
  } finally {
    await Promise.all([holder.end(), looker.end(), database.close()])
    await fresh.drop()
  }
})

it('a sweep leaves alone the rows that another instance is sweeping, and waits for none', async () => {
  const fresh = await freshDatabase()
  const holder = new Client({ connectionString: fresh.url })
  await holder.connect()
  const database = await openDatabase({ url: fresh.url })
  try {
    await database.migrate()
    const ids = [await logged(database, 'one'), await logged(database, 'two')]
    await database.invalidationLog.markApplied(ids)
    await holder.query('begin')
    await holder.query('select from cache_invalidation where id = $1 for update', [ids[0]])
    expect(await database.invalidationLog.sweep(0)).toBe(1)
    await holder.query('commit')
    expect(await database.invalidationLog.sweep(0)).toBe(1)
  } finally {
    await Promise.all([holder.end(), database.close()])
    await fresh.drop()
  }
})

/** The id of the row. */
async function logged(database: Database, tag: string): Promise<string> {
  await database.transactions.run((tx) => tx.logInvalidation([tag]))
  return (await database.invalidationLog.pending()).pending.at(-1)!
}
