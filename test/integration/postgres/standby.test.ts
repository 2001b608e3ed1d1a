import { Client } from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../../src/adapters/postgres/database.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { anOrganizer } from '../../support/postgres-world.ts'

let fresh: FreshDatabase
let database: Database
let sql: Client

/**
 * A server that says whether it is a standby, and gives no transaction a number then, as a table says: real ones need a
 * restart for each change.
 */
beforeEach(async () => {
  fresh = await freshDatabase()
  sql = new Client({ connectionString: fresh.url })
  sql.on('error', () => {})
  await sql.connect()
  await sql.query(`
    create schema standby;
    create table standby.state (standby boolean);
    insert into standby.state values (false);
    create function standby.pg_is_in_recovery() returns boolean language sql as 'select standby from standby.state';
    create function standby.pg_current_xact_id() returns xid8 language plpgsql as $$ begin
      if (select standby from standby.state) then
        raise exception 'cannot assign TransactionIds during recovery' using errcode = 'XX000';
      end if;
      return pg_catalog.pg_current_xact_id();
    end $$`)
  database = await openDatabase({ url: asStandbyMay(fresh.url) }, { poolSize: 2 })
  await database.migrate()
})
afterEach(async () => {
  await database.close()
  await sql.end()
  await fresh.drop()
})

function asStandbyMay(url: string): string {
  const changed = new URL(url)
  changed.searchParams.set('options', '-c search_path=standby,pg_catalog,public')
  return changed.href
}

const becomes = (standby: boolean) => sql.query('update standby.state set standby = $1', [standby])
const refused = {
  code: 'database-unavailable',
  cause: { message: expect.stringContaining('This server is a standby, not the primary') },
}
const load = () => database.snapshots.read((views) => views.marketListing({ page: 1, pageSize: 5 }))
const write = async () => {
  await database.transactions.run(async (tx) => tx.accounts.add(anOrganizer()))
}

it('connections that are there neither load nor write nor count as ready once their server is a standby', async () => {
  await Promise.all([load(), write()])
  await becomes(true)
  for (const use of [load, write, () => database.ping()]) await expect(use()).rejects.toMatchObject(refused)
  await becomes(false)
  for (const use of [load, write, () => database.ping()]) await use()
})

it('no connection to a standby is taken into use, by the pool or by the log', async () => {
  await becomes(true)
  await expect(database.invalidationLog.pending()).rejects.toMatchObject(refused)
  await expect(openDatabase({ url: asStandbyMay(fresh.url) })).rejects.toMatchObject(refused)
})
