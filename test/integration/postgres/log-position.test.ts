import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../../src/adapters/postgres/database.ts'
import type {
  InvalidationLog,
  LogPosition,
} from '../../../src/application/consistency/ports/invalidation-log.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'

describe('a position in the log on PostgreSQL', () => {
  let fresh: FreshDatabase
  const opened: Database[] = []

  beforeAll(async () => {
    fresh = await freshDatabase()
    await (await instance()).migrate()
  })
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()))
    await fresh.drop()
  })

  async function instance(url = fresh.url): Promise<Database> {
    const database = await openDatabase({ url })
    opened.push(database)
    return database
  }

  async function sql(): Promise<Client & AsyncDisposable> {
    const client = new Client({ connectionString: fresh.url })
    await client.connect()
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
  }

  async function tagsSince(log: InvalidationLog, position: LogPosition) {
    const { tags, position: next } = await log.kept(position)
    return { tags: [...tags], next }
  }

  it('a transaction that began before a look at the log, and commits after it, is in the next one', async () => {
    const { transactions, invalidationLog } = await instance()
    await using early = await sql()
    await using aborted = await sql()
    await using nested = await sql()
    await early.query('begin')
    await early.query(`select marketflow_invalidate('early')`)
    await aborted.query('begin')
    await aborted.query(`select marketflow_invalidate('aborted')`)
    await nested.query('begin; savepoint inner_one')
    await nested.query(`select marketflow_invalidate('nested')`)
    await transactions.run((tx) => tx.logInvalidation(['higher id, higher number, committed first']))

    const first = await tagsSince(invalidationLog, (await invalidationLog.kept()).position)
    expect(first.tags).toEqual([])
    await nested.query('release inner_one')
    await early.query('commit')
    await aborted.query('rollback')
    const second = await tagsSince(invalidationLog, first.next)
    expect(second.tags).toEqual(['early'])
    // And once more, whichever transaction has committed in between.
    await transactions.run((tx) => tx.logInvalidation(['late']))
    await nested.query('commit')
    const third = await tagsSince(invalidationLog, second.next)
    expect(third.tags.sort()).toEqual(['late', 'nested'])
    expect((await tagsSince(invalidationLog, third.next)).tags).toEqual([])
    expect((await tagsSince(invalidationLog, first.next)).tags.sort()).toEqual(['early', 'late', 'nested'])
  })

  it('however writes and looks fall together, each row is in exactly one of the looks', async () => {
    const { transactions, invalidationLog } = await instance()
    let { position } = await invalidationLog.kept()
    const told: string[] = []
    const look = async () => {
      const { tags, next } = await tagsSince(invalidationLog, position)
      told.push(...tags)
      position = next
    }
    let writing = true
    const looks = (async () => {
      while (writing) await look()
    })()
    const write = async (writer: number) => {
      for (let i = 0; i < 40; i++) {
        await transactions.run(async (tx) => {
          await tx.logInvalidation([`${writer}.${i}`])
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 4))
        })
      }
    }
    const writers = Array.from({ length: 8 }, (_, writer) => write(writer))
    await Promise.all(writers).finally(() => {
      writing = false
    })
    await looks
    await look()
    const all = Array.from({ length: 8 * 40 }, (_, n) => `${n % 8}.${Math.floor(n / 8)}`)
    expect(told.sort()).toEqual(all.sort())
  })

  it('a position counts on the connection it was read over, and on no other', async () => {
    const [{ transactions, invalidationLog }, other] = [await instance(), await instance()]
    await transactions.run((tx) => tx.logInvalidation(['again']))
    const { position } = await invalidationLog.kept()
    expect((await tagsSince(invalidationLog, position)).tags).toEqual([])
    expect((await tagsSince(other.invalidationLog, position)).tags).toContain('again')
    await using client = await sql()
    await client.query(`
      select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and application_name = 'marketflow log'`)
    // The first call may be the one that learns of it.
    await invalidationLog.pending().catch(() => undefined)
    const after = await tagsSince(invalidationLog, position)
    expect(after.tags).toContain('again')
    expect((await tagsSince(invalidationLog, after.next)).tags).toEqual([])
  })

  it('rows with a number from elsewhere, as a restored dump may have, are told too often rather than never', async () => {
    const { invalidationLog } = await instance()
    let { position } = await invalidationLog.kept()
    await using client = await sql()
    await client.query(
      `insert into cache_invalidation (tags, xid) values ('{restored}', (pg_current_xact_id()::text::bigint + 1000000)::text::xid8)`,
    )
    for (let i = 0; i < 2; i++) {
      const { tags, next } = await tagsSince(invalidationLog, position)
      expect(tags).toEqual(['restored'])
      position = next
    }
    await client.query(`delete from cache_invalidation where tags = '{restored}'`)
  })

  it('rows of a release that names only their tags have a transaction, too', async () => {
    const { invalidationLog } = await instance()
    const { position } = await invalidationLog.kept()
    await using client = await sql()
    await client.query('insert into cache_invalidation (tags) values ($1)', [['by the old release']])
    expect((await tagsSince(invalidationLog, position)).tags).toEqual(['by the old release'])
  })

  // A transaction of another database of the server counts as well: where one ends just then, more may have been missed.
  describe('after a sweep', { retry: 5 }, () => {
    async function committed(client: Client, tag: string): Promise<void> {
      await client.query('select marketflow_invalidate($1)', [tag])
      await client.query('update cache_invalidation set applied_at = now() where applied_at is null')
    }

    it('has missed nothing when it saw the rows that are gone, and something when it did not', async () => {
      const { invalidationLog } = await instance()
      await using client = await sql()
      await committed(client, 'seen')
      const { position } = await invalidationLog.kept()
      await client.query('delete from cache_invalidation')
      const after = await invalidationLog.kept(position)
      expect(after.missed).toBe(false)
      await committed(client, 'unseen')
      await client.query('delete from cache_invalidation')
      expect((await invalidationLog.kept(position)).missed).toBe(true)
      expect((await invalidationLog.kept(after.position)).missed).toBe(true)
      expect((await invalidationLog.kept((await invalidationLog.kept()).position)).missed).toBe(false)
    })

    it('takes no number from elsewhere for one that it missed', async () => {
      const { invalidationLog } = await instance()
      await using client = await sql()
      const elsewhere = `(pg_current_xact_id()::text::bigint + 1000000)::text::xid8`
      await client.query(`insert into cache_invalidation (tags, xid) values ('{restored}', ${elsewhere})`)
      const { position } = await invalidationLog.kept()
      await client.query('delete from cache_invalidation')
      expect((await invalidationLog.kept(position)).missed).toBe(false)
      await client.query(`update cache_sweep set swept = ${elsewhere}`)
      expect((await invalidationLog.kept(position)).missed).toBe(false)
      // And it does not stand in the way of numbers from here.
      await committed(client, 'unseen')
      await client.query('delete from cache_invalidation')
      expect((await invalidationLog.kept(position)).missed).toBe(true)
    })

    it('is not taken in by a transaction that was never ended, until it has ended', async () => {
      const { invalidationLog } = await instance()
      await using forgotten = await sql()
      await using client = await sql()
      await forgotten.query('begin')
      await forgotten.query(`select marketflow_invalidate('forgotten')`)
      await committed(client, 'seen')
      const { position } = await invalidationLog.kept()
      await client.query('delete from cache_invalidation')
      expect((await invalidationLog.kept(position)).missed).toBe(false)
      await forgotten.query('commit')
      await client.query('delete from cache_invalidation')
      expect((await invalidationLog.kept(position)).missed).toBe(true)
    })

    it('may have missed something when it is of another connection, and nothing without a sweep', async () => {
      const [{ invalidationLog }, other] = [await instance(), await instance()]
      await using client = await sql()
      await committed(client, 'seen')
      const { position } = await invalidationLog.kept()
      expect((await other.invalidationLog.kept(position)).missed).toBe(false)
      await new Promise((resolve) => setTimeout(resolve, 5))
      await invalidationLog.sweep(1)
      expect((await other.invalidationLog.kept(position)).missed).toBe(true)
      expect((await invalidationLog.kept(position)).missed).toBe(false)
    })
  })
})
