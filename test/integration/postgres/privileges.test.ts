import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../../src/adapters/postgres/database.ts'
import { failureCause } from '../../../src/adapters/postgres/failure-cause.ts'
import { exitCodeOf, explainExit } from '../../../src/infrastructure/exit.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'

/** Roles belong to the whole server, which all tests share. */
const ROLE = `limited_${randomUUID().replaceAll('-', '')}`
const PASSWORD = 'hush'

describe('a user who may not do what a start needs is told in a sentence, with 78:', () => {
  let database: FreshDatabase

  async function administer(sql: string): Promise<void> {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }

  beforeAll(async () => {
    database = await freshDatabase()
    await administer(
      `create role ${ROLE} login password '${PASSWORD}'; revoke create on schema public from public`,
    )
  })
  afterAll(async () => {
    await administer(`drop owned by ${ROLE} cascade; drop role ${ROLE}`)
    await database.drop()
  })

  function open(asOwner = false): Promise<Database> {
    const url = new URL(database.url)
    if (!asOwner) Object.assign(url, { username: ROLE, password: PASSWORD })
    return openDatabase({ url: url.href })
  }

  async function expectRefused(cause: string, says: RegExp): Promise<void> {
    const opened = await open()
    const error = await opened.migrate().then(
      () => expect.unreachable(),
      (reason: unknown) => reason,
    )
    await opened.close()
    expect([failureCause(error), exitCodeOf(error)]).toEqual([cause, 78])
    expect(explainExit(error)).toMatch(says)
    expect(explainExit(error)).not.toMatch(/\n|hush/)
  }

  it('no CREATE in the schema', () =>
    expectRefused('no-privilege', /allowed to create them: at .* permission denied/))

  it('tables that another user owns, which it cannot see, cannot read, or cannot change', async () => {
    const owner = await open(true)
    await owner.migrate()
    await owner.close()
    await administer(`grant create on schema public to ${ROLE}`)
    await expectRefused('not-ours', /another user owns.* already exists$/)
    await administer(`grant insert on mikro_orm_migrations to ${ROLE}`)
    await expectRefused('no-privilege', /permission denied for table mikro_orm_migrations$/)
    await administer(
      `grant select on mikro_orm_migrations to ${ROLE}; delete from mikro_orm_migrations where name like '0006%'`,
    )
    await expectRefused('no-privilege', /must be owner of|permission denied/)
  })

  it('a table of another program', async () => {
    await administer(`drop schema public cascade; create schema public authorization ${ROLE}`)
    const limited = await open()
    await limited.close()
    await administer('create table public.vendors (id int)')
    await expectRefused('not-ours', /another program.* already exists$/)
  })

  it('who may write to a table needs no right on what is kept and logged of it', async () => {
    await administer('drop schema public cascade; create schema public')
    const owner = await open(true)
    await owner.migrate()
    await owner.close()
    await administer(`
      grant usage on schema public to ${ROLE};
      grant select, insert, update, delete on accounts, vendors, markets, vendor_applications to ${ROLE};
      grant temporary on database ${new URL(database.url).pathname.slice(1)} to ${ROLE}`)
    const url = new URL(database.url)
    Object.assign(url, { username: ROLE, password: PASSWORD })
    const client = new Client({ connectionString: url.href })
    await client.connect()
    try {
      // A table of its own in the place of ours is not what the owner's functions see.
      await client.query('create temporary table cache_invalidation (tags text[])')
      await client.query(`
        with organizer as (
          insert into accounts (id, email, name, role, password_hash, created_at)
          values (gen_random_uuid(), 'o', 'O', 'organizer', '!', now()) returning id)
        insert into markets (id, organizer_id, slug, name, city, description, stall_count, vendor_count, status, created_at, updated_at)
        select gen_random_uuid(), id, 's', 'M', 'Bern', '', 1, 0, 'active', now(), now() from organizer`)
      await client.query(`update markets set name = 'N'`)
      expect((await client.query('select from cache_invalidation')).rowCount).toBe(0)
      await expect(client.query('select from public.cache_invalidation')).rejects.toThrow('permission denied')
    } finally {
      await client.end()
    }
    const admin = new Client({ connectionString: database.url })
    await admin.connect()
    const { rows } = await admin.query(
      `select count(*)::int as rows from cache_invalidation where 'page:market:s' = any(tags)`,
    )
    await admin.end()
    expect(rows[0].rows).toBeGreaterThan(1)
  })
})
