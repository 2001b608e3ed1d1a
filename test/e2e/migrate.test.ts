import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MIGRATION_LOCK } from '../../src/adapters/postgres/orm.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, runToEnd, startService } from '../support/service.ts'

const MIGRATE = 'src/infrastructure/bin/migrate.ts'

describe('migrating once, before the instances start', () => {
  let database: FreshDatabase
  let service: RunningService | undefined
  beforeEach(async () => {
    database = await freshDatabase()
  })
  afterEach(async () => {
    await service?.kill()
    await database.drop()
  })

  it('is what an instance with MIGRATE=false waits for', async () => {
    const env = { DATABASE_URL: database.url, MIGRATE: 'false' }
    await expect(startService(env)).rejects.toThrow(
      /ended with 69.*lacks 0001-initial-schema.*npm run migrate/s,
    )

    const first = await runToEnd(MIGRATE, [], env)
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining('now has 0001-initial-schema') })
    const second = await runToEnd(MIGRATE, [], env)
    expect(second).toMatchObject({ code: 0, output: expect.stringContaining('is up to date') })

    service = await startService(env)
    expect((await fetch(`${service.url}/markets`)).status).toBe(200)
  })

  it('leaves a schema that a later release has brought further as it is', async () => {
    const env = { DATABASE_URL: database.url }
    await runToEnd(MIGRATE, [], env)
    const client = new Client({ connectionString: database.url })
    await client.connect()
    await client.query("insert into mikro_orm_migrations (name) values ('9999-of-a-later-release')")
    await client.end()
    expect(await runToEnd(MIGRATE, [], env)).toMatchObject({ code: 0 })
    service = await startService({ ...env, MIGRATE: 'false' })
  })

  it('waits while another process migrates', async () => {
    const other = new Client({ connectionString: database.url })
    await other.connect()
    await other.query(`select pg_advisory_lock(${MIGRATION_LOCK})`)
    const migrating = runToEnd(MIGRATE, [], { DATABASE_URL: database.url })
    const waiting = async () => {
      const { rows } = await other.query(
        `select to_regclass('markets') as made from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`,
      )
      return rows
    }
    await expect.poll(waiting).toEqual([{ made: null }])
    await other.query(`select pg_advisory_unlock(${MIGRATION_LOCK})`)
    expect(await migrating).toMatchObject({ code: 0 })
    await other.end()
  })

  it('tells a wrong setting from a database out of reach', async () => {
    expect(await runToEnd(MIGRATE, [], { DATABASE_URL: 'mysql://db' })).toMatchObject({ code: 78 })
    const nowhere = { DATABASE_URL: 'postgres://postgres@127.0.0.1:1/marketflow' }
    expect(await runToEnd(MIGRATE, [], nowhere)).toMatchObject({ code: 69 })
  })
})
