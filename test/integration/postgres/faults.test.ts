import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../../src/adapters/postgres/database.ts'
import { CommitUnknown } from '../../../src/application/consistency/ports/database.ts'
import { LogOverdue } from '../../../src/application/consistency/ports/invalidation-log.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { type PostgresProxy, postgresProxy } from '../../support/postgres-proxy.ts'
import { anOrganizer, aWorld, NOW } from '../../support/postgres-world.ts'

/** Long enough for a machine that is busy with something else: only who is stalled should be given up. */
const OPTIONS = {
  poolSize: 2,
  connectTimeoutMs: 1600,
  loadTimeoutMs: 2400,
  logTimeoutMs: 1200,
  lockTimeoutMs: 10_000,
}

describe('when PostgreSQL misbehaves', () => {
  let fresh: FreshDatabase
  let proxy: PostgresProxy
  let database: Database

  beforeAll(async () => {
    fresh = await freshDatabase()
    proxy = await postgresProxy(fresh.url)
    database = await openDatabase({ url: proxy.url }, OPTIONS)
    await database.migrate()
  })
  beforeEach(() => proxy.resume())
  afterAll(async () => {
    proxy.resume()
    await database.close()
    await proxy.close()
    await fresh.drop()
  })

  const unavailable = { code: 'database-unavailable', retryAfterS: 1 }
  const list = () => database.snapshots.read((views) => views.marketListing({ page: 1, pageSize: 5 }))

  /** How long a promise takes to settle, in ms. */
  async function timed(promise: Promise<unknown>): Promise<number> {
    const start = performance.now()
    await promise.catch(() => {})
    return performance.now() - start
  }

  it('a stalled server fails loads, writes, log queries and pings within their deadlines, and all recover', async () => {
    await Promise.all([list(), list(), database.invalidationLog.pending()])
    proxy.stall()
    const loads = [list(), list(), list()]
    const write = database.transactions.run((tx) => tx.markets.takenSlugs(['x']))
    const log = database.invalidationLog.kept()
    const took = Promise.all([...loads.map(timed), timed(write), timed(log), timed(database.ping())])
    for (const each of [...loads, write, log]) await expect(each).rejects.toMatchObject(unavailable)
    // Silent, and not merely slow.
    await expect(log).rejects.not.toBeInstanceOf(LogOverdue)
    expect(Math.max(...(await took).slice(0, 3))).toBeLessThan(1.5 * OPTIONS.loadTimeoutMs)
    expect((await took)[4]).toBeLessThan(1.5 * OPTIONS.logTimeoutMs)
    expect(Math.max(...(await took))).toBeLessThan(3 * OPTIONS.loadTimeoutMs)
    proxy.resume()
    await expect.poll(() => list().then(() => 'works', String)).toBe('works')
    for (let i = 0; i < 5; i++) await Promise.all([list(), list(), database.invalidationLog.pending()])
  })

  it('a server that takes no connection is given up in the usual time', async () => {
    proxy.cut()
    // It has heard of that by then, so that the next call makes a connection.
    await new Promise((resolve) => setTimeout(resolve, 50))
    proxy.stall()
    const looking = database.invalidationLog.kept()
    const took = timed(looking)
    await expect(looking).rejects.toMatchObject(unavailable)
    expect(await took).toBeLessThan(3 * OPTIONS.loadTimeoutMs)
    proxy.resume()
    await expect.poll(() => database.invalidationLog.kept().then(() => 'works', String)).toBe('works')
  })

  it('dropped connections are replaced', async () => {
    for (let i = 0; i < 5; i++) {
      await Promise.all([list(), list(), database.invalidationLog.pending()])
      proxy.cut()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await Promise.all([list(), list(), database.invalidationLog.pending()])
  })

  it('a connection lost in the middle of a write: it did not happen, and the pool has its connection back', async () => {
    const organizer = anOrganizer()
    for (let i = 0; i < OPTIONS.poolSize + 1; i++) {
      const writing = database.transactions.run(async (tx) => {
        tx.accounts.add(organizer)
        await tx.logInvalidation(['lost'])
        proxy.cut()
        await tx.markets.takenSlugs(['x'])
      })
      await expect(writing).rejects.toMatchObject(unavailable)
    }
    expect(await database.transactions.run((tx) => tx.accounts.find(organizer.id))).toBeUndefined()
  })

  it.each(['before', 'after'] as const)(
    'a connection lost %s COMMIT was executed: whether it holds is unknown, and the error says so',
    async (when) => {
      // More often than the pool has connections: none may be lost with its COMMIT.
      for (let i = 0; i < OPTIONS.poolSize + 1; i++) {
        proxy.cutAtCommit(when)
        const writing = database.transactions.run((tx) => tx.logInvalidation([`commit-${when}-${i}`]))
        await expect(writing).rejects.toBeInstanceOf(CommitUnknown)
      }
      const { tags } = await database.invalidationLog.kept()
      const happened = tags.filter((tag) => tag.startsWith(`commit-${when}`))
      expect(happened).toHaveLength(when === 'after' ? OPTIONS.poolSize + 1 : 0)
    },
  )

  it('a row that stays locked: the waiting write gives up, the pool does not', async () => {
    const { market } = await aWorld(database, 0)
    const holder = new Client({ connectionString: fresh.url })
    await holder.connect()
    await holder.query('begin')
    await holder.query('select from markets where id = $1 for update', [market.id])
    const waiting = database.transactions.run((tx) => tx.markets.findForUpdate(market.id))
    await expect(waiting).rejects.toMatchObject(unavailable)
    await holder.end()
    expect(await database.transactions.run((tx) => tx.markets.findForUpdate(market.id))).toBeDefined()
  })

  it('a server that is slow with the log says so, and the log’s connection stays', async () => {
    const patient = await openDatabase({ url: fresh.url }, { logTimeoutMs: 8000 })
    const hand = new Client({ connectionString: fresh.url })
    await hand.connect()
    const connection = async () =>
      (
        await hand.query(`select pid from pg_stat_activity where application_name = 'marketflow log'
        and datname = current_database() order by backend_start desc limit 1`)
      ).rows
    try {
      await patient.invalidationLog.pending()
      const before = await connection()
      await hand.query('begin; lock table cache_invalidation in access exclusive mode')
      await expect(patient.invalidationLog.pending()).rejects.toBeInstanceOf(LogOverdue)
      await hand.query('rollback')
      await patient.invalidationLog.pending()
      expect(await connection()).toEqual(before)
    } finally {
      await hand.end()
      await patient.close()
    }
  })

  it('a deadlock: both writes succeed, one of them at a later attempt', async () => {
    const patient = await openDatabase({ url: fresh.url })
    const [first, second] = [(await aWorld(database, 0)).market.id, (await aWorld(database, 0)).market.id]
    let attempts = 0
    let holding = 0
    const bothHoldOne = Promise.withResolvers<void>()
    const lockBoth = (one: string, other: string) =>
      patient.transactions.run(async (tx) => {
        attempts++
        const market = (await tx.markets.findForUpdate(one))!
        if (++holding === 2) bothHoldOne.resolve()
        await bothHoldOne.promise
        await tx.markets.findForUpdate(other)
        market.edit({ stallCount: market.stallCount + 1 }, NOW)
      })
    await Promise.all([lockBoth(first, second), lockBoth(second, first)])
    expect(attempts).toBeGreaterThan(2)
    await patient.close()
  })

  it('an instance that is suspended inside a write holds its locks no longer than a statement may take', async () => {
    const { market } = await aWorld(database, 0)
    const other = new Client({ connectionString: fresh.url })
    await other.connect()
    const [locked, resume] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const free = async () =>
      (await other.query('select from markets where id = $1 for update skip locked', [market.id])).rowCount
    try {
      const suspended = database.transactions.run(async (tx) => {
        await tx.markets.findForUpdate(market.id)
        locked.resolve()
        await resume.promise
      })
      suspended.catch(() => {})
      await locked.promise
      await expect.poll(free).toBe(1)
      resume.resolve()
      await expect(suspended).rejects.toThrow()
    } finally {
      resume.resolve()
      await other.end()
    }
  })

  it('a server that is not there', async () => {
    const opening = openDatabase({ url: 'postgres://postgres@127.0.0.1:1/none' }, OPTIONS)
    await expect(opening).rejects.toMatchObject(unavailable)
  })

  it('no error’s message tells of hosts or SQL', async () => {
    const failure = await openDatabase({ url: 'postgres://postgres@127.0.0.1:1/none' }, OPTIONS).catch(
      (e) => e,
    )
    expect(failure.message).toBe('The database is out of reach')
  })
})
