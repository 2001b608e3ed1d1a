import { Client, Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../../src/adapters/postgres/database.ts'
import { PoolConnections } from '../../../src/adapters/postgres/pool-connections.ts'
import { SamePrimary } from '../../../src/adapters/postgres/same-primary.ts'
import { claimSettings, SettingsConflict } from '../../../src/adapters/postgres/settings-lock.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'

describe('several instances on one PostgreSQL', () => {
  let fresh: FreshDatabase
  const opened: Database[] = []

  beforeAll(async () => {
    fresh = await freshDatabase()
  })
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()))
    await fresh.drop()
  })

  async function instance(): Promise<Database> {
    const database = await openDatabase({ url: fresh.url })
    opened.push(database)
    return database
  }

  async function sql(): Promise<Client & AsyncDisposable> {
    const client = new Client({ connectionString: fresh.url })
    await client.connect()
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
  }

  it('migrate once, though all start at once', async () => {
    const all = await Promise.all([instance(), instance(), instance()])
    await Promise.all(all.map((database) => database.migrate()))
    await using client = await sql()
    const { rows } = await client.query(
      'select name, count(*)::int as times from mikro_orm_migrations group by name',
    )
    expect(rows).toContainEqual({ name: '0001-initial-schema', times: 1 })
    expect(rows.filter(({ times }) => times > 1)).toEqual([])
  })

  it('names the server without its password', async () => {
    expect((await instance()).describe).toMatch(/^PostgreSQL \d+(\.\d+)? at [\w.]+:\d+\/marketflow_test_\w+$/)
  })

  it('compile no statement, however dear the planner thinks it', async () => {
    const pool = new Pool({ connectionString: fresh.url })
    const timeouts = { connectTimeoutMs: 10_000, statementTimeoutMs: 10_000 }
    const connections = new PoolConnections({ pool, primary: new SamePrimary(), ...timeouts })
    const { rows } = await connections.run((connection) => connection.query('show jit'))
    await connections.close()
    expect(rows).toEqual([{ jit: 'off' }])
  })

  it('of two that come at the same moment with other settings, at least one is refused, however their steps fall', async () => {
    const both = Promise.withResolvers<void>()
    let first = 0
    // Each takes its second step once both have taken their first.
    const claim = async (settings: string) => {
      await using client = await sql()
      const query = client.query.bind(client) as (...asked: unknown[]) => Promise<unknown>
      let steps = 0
      client.query = (async (...asked: unknown[]) => {
        if (Array.isArray(asked[1]) && ++steps === 2) await both.promise
        const answer = await query(...asked)
        if (Array.isArray(asked[1]) && steps === 1 && ++first === 2) both.resolve()
        return answer
      }) as unknown as typeof client.query
      return await claimSettings(client, settings).then(
        () => 'claimed',
        (error: unknown) => error,
      )
    }
    const outcomes = await Promise.all([claim('shared/1000'), claim('private/1000')])
    expect(outcomes).toContainEqual(expect.any(SettingsConflict))
  })

  it('a write by hand in SQL is logged, in its own transaction', async () => {
    const { invalidationLog } = await instance()
    await using client = await sql()
    await client.query('begin')
    await client.query(`select marketflow_invalidate('market:by-hand')`)
    await client.query(`select marketflow_invalidate('market:1', 'markets:active')`)
    const before = await invalidationLog.pending()
    expect(before.tags).not.toContain('market:by-hand')
    await client.query('commit')
    const { tags, pending } = await invalidationLog.pending(before.position)
    expect(tags.toSorted()).toEqual(['market:1', 'market:by-hand', 'markets:active'])
    expect(pending).toHaveLength(2)
  })

  it('a lower id that commits later is still seen', async () => {
    const { transactions, invalidationLog } = await instance()
    await invalidationLog.markApplied((await invalidationLog.pending()).pending)
    await using client = await sql()
    await client.query('begin')
    const { rows } = await client.query(`select marketflow_invalidate('lower')::text as id`)
    const lower: string = rows[0].id
    await transactions.run((tx) => tx.logInvalidation(['higher']))
    const [higher, ...more] = (await invalidationLog.pending()).pending
    expect(more).toEqual([])
    expect(BigInt(higher!)).toBeGreaterThan(BigInt(lower))
    await invalidationLog.markApplied([higher!])
    await client.query('commit')
    expect((await invalidationLog.pending()).pending).toEqual([lower])
  })

  it('a snapshot does not see what commits after its first query', async () => {
    const { transactions, snapshots } = await instance()
    const total = await snapshots.read(async (views) => {
      const listing = () => views.marketListing({ page: 1, pageSize: 1 }).then((found) => found?.value.total)
      const before = await listing()
      await using client = await sql()
      await client.query(`
        with o as (insert into accounts values (gen_random_uuid(), 'e', 'n', 'organizer', 'h', null, now()) returning id)
        insert into markets (id, organizer_id, slug, name, city, city_key, description, stall_count, vendor_count, status, created_at, updated_at)
        select gen_random_uuid(), id, 's', 'n', 'c', 'c', '', 1, 0, 'active', now(), now() from o`)
      return { before, within: await listing() }
    })
    expect(total.within).toBe(total.before)
    const after = await transactions.run((tx) => tx.views.marketListing({ page: 1, pageSize: 1 }))
    expect(after?.value.total).toBe(total.before! + 1)
  })

  it('instances under other settings are refused, and let in once the others are gone', async () => {
    const [first, same, other] = [await instance(), await instance(), await instance()]
    await first.invalidationLog.claim('shared/1000')
    await same.invalidationLog.claim('shared/1000')
    await expect(other.invalidationLog.claim('shared/500')).rejects.toBeInstanceOf(SettingsConflict)
    await expect(other.invalidationLog.pending()).rejects.toThrow(/LEASE_MS/)
    expect(await first.invalidationLog.pending()).toBeDefined()
    await first.invalidationLog.close()
    await same.invalidationLog.close()
    await expect.poll(() => other.invalidationLog.claim('shared/500').then(() => 'in', String)).toBe('in')
    const late = await instance()
    await expect(late.invalidationLog.claim('shared/1000')).rejects.toBeInstanceOf(SettingsConflict)
    await other.invalidationLog.close()
  })
})
