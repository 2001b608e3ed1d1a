import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connections } from '../../../src/adapters/postgres/connections.ts'
import { openDatabase } from '../../../src/adapters/postgres/database.ts'
import { prepareLog } from '../../../src/adapters/postgres/log-schema.ts'
import { PgliteConnections } from '../../../src/adapters/postgres/pglite.ts'
import { PoolConnections } from '../../../src/adapters/postgres/pool-connections.ts'
import { SamePrimary } from '../../../src/adapters/postgres/same-primary.ts'
import { type Sql, SqlTransactions } from '../../../src/adapters/postgres/sql-database.ts'
import { freshDatabase } from '../../support/postgres.ts'

const TIMEOUTS = { connectTimeoutMs: 10_000, statementTimeoutMs: 10_000 }

async function onPool(pipeline: boolean) {
  const fresh = await freshDatabase()
  // One client: what a write leaves on it, the next one meets.
  const pool = new Pool({ connectionString: fresh.url, max: 1, pipeline })
  const connections: Connections = new PoolConnections({ pool, primary: new SamePrimary(), ...TIMEOUTS })
  const close = async () => {
    await connections.close()
    await fresh.drop()
  }
  return { connections, close }
}

async function onPglite() {
  const connections: Connections = new PgliteConnections(await PGlite.create())
  return { connections, close: () => connections.close() }
}

/** What goes over the sockets of this process while it works: the row, COMMIT, and answers of whatever kind. */
async function overSockets(work: () => Promise<unknown>): Promise<string[]> {
  const order: string[] = []
  const { write, emit } = Socket.prototype
  Socket.prototype.write = function (this: Socket, chunk: unknown, ...rest: unknown[]) {
    const sent = Buffer.from(chunk as Buffer).toString('latin1')
    if (sent.includes('insert into cache_invalidation')) order.push('row')
    if (sent.includes('commit\0')) order.push('COMMIT')
    return write.call(this, chunk as Buffer, ...(rest as []))
  } as typeof write
  Socket.prototype.emit = function (this: Socket, event: string, ...rest: unknown[]) {
    if (event === 'data') order.push('answer')
    return emit.call(this, event as 'data', ...(rest as [Buffer]))
  } as typeof emit
  try {
    await work()
  } finally {
    Object.assign(Socket.prototype, { write, emit })
  }
  return order.slice(order.indexOf('row'))
}

describe('on the wire', () => {
  it.each([
    { pipeline: true, order: ['row', 'COMMIT', 'answer'] },
    { pipeline: false, order: ['row', 'answer', 'COMMIT'] },
  ])(
    'COMMIT waits for the row only where pg waits for each answer: pipeline $pipeline',
    async ({ pipeline, order }) => {
      const opened = await onPool(pipeline)
      await prepareLog(opened.connections)
      const transactions = new SqlTransactions(opened.connections)
      const write = () => transactions.run((tx) => tx.logInvalidation(['a']))
      expect((await overSockets(write)).slice(0, 3)).toEqual(order)
      await opened.close()
    },
  )

  it('the service does not wait', async () => {
    const fresh = await freshDatabase()
    const database = await openDatabase({ url: fresh.url })
    await database.migrate()
    const write = () => database.transactions.run((tx) => tx.logInvalidation(['a']))
    expect((await overSockets(write)).slice(0, 3)).toEqual(['row', 'COMMIT', 'answer'])
    await database.close()
    await fresh.drop()
  })
})

describe.each([
  { name: 'a pool that sends before it is answered', open: () => onPool(true) },
  { name: 'a pool that waits for each answer', open: () => onPool(false) },
  { name: 'PGlite', open: onPglite },
])('a write on $name', ({ open }) => {
  let opened: Awaited<ReturnType<typeof onPglite>>
  let transactions: SqlTransactions

  beforeAll(async () => {
    opened = await open()
    await prepareLog(opened.connections)
    transactions = new SqlTransactions(opened.connections)
    await query('create table written (it text)')
  }, 60_000)
  afterAll(() => opened.close())

  const query: Sql['query'] = <R>(sql: string, parameters?: readonly unknown[]) =>
    opened.connections.run(async (connection) => (await connection.query(sql, parameters)).rows as R[])
  const write = (it: string, ...rows: readonly string[][]) =>
    transactions.run(async (tx) => {
      await tx.query('insert into written values ($1)', [it])
      const numbers: string[] = []
      for (const tags of rows) numbers.push(await tx.logInvalidation(tags))
      return numbers
    })
  const written = async (it: string) => (await query('select from written where it = $1', [it])).length
  const loggedBy = (transaction = '') =>
    query('select tags from cache_invalidation where xid = $1::xid8', [transaction])

  it('is logged in its own commit, in one row, and known by its transaction’s number', async () => {
    const [first, second] = await write('twice', ['a'], ['b'])
    expect(second).toBe(first)
    expect(await loggedBy(first)).toEqual([{ tags: ['a', 'b'] }])
    expect(await query('select it from written where xmin::text = $1', [first])).toEqual([{ it: 'twice' }])
  })

  it('did not happen when PostgreSQL refuses the row, says why, and leaves the connection usable', async () => {
    const refused = write('unlogged', ['no\0tag'])
    await expect(refused).rejects.toMatchObject({ code: '22021' })
    expect(await written('unlogged')).toBe(0)
    await write('after that', ['a'])
    expect(await written('after that')).toBe(1)
  })

  it('did not happen when a tag is no string, which the driver might not send, and COMMIT would go on without', async () => {
    await expect(write('no text', [{} as string])).rejects.toThrow('Each tag has to be a string')
    expect(await written('no text')).toBe(0)
  })

  it('takes more tags than a call takes arguments', async () => {
    const tags = Array.from({ length: 150_000 }, (_, index) => String(index))
    const [transaction] = await write('long', tags)
    expect(
      await query('select cardinality(tags)::int as n from cache_invalidation where xid = $1::xid8', [
        transaction,
      ]),
    ).toEqual([{ n: 150_000 }])
  })

  it('whose BEGIN failed half-way leaves its connection to the next one as it was', async () => {
    await query('create schema once')
    await query(`create function once.pg_is_in_recovery() returns boolean language sql as 'select 1 / 0 = 1'`)
    await query('set search_path = once, pg_catalog, public')
    await expect(write('begun')).rejects.toMatchObject({ code: '22012' })
    await query('set search_path = pg_catalog, public')
    await write('after a failed BEGIN', ['a'])
    expect(await written('after a failed BEGIN')).toBe(1)
  })

  it('cannot be logged any more once it is over', async () => {
    let late: (() => Promise<unknown>) | undefined
    await transactions.run(async (tx) => {
      late = () => tx.logInvalidation(['too late'])
    })
    await expect(late!()).rejects.toThrow('The transaction is over')
  })

  it('that logs nothing adds no row', async () => {
    const before = await query('select id from cache_invalidation')
    await write('nothing')
    expect(await query('select id from cache_invalidation')).toEqual(before)
    expect(await written('nothing')).toBe(1)
  })

  it('is not followed by what its work asks late, without having waited for it', async () => {
    let late: Promise<unknown> | undefined
    const transaction = await transactions.run(async (tx) => {
      const logged = tx.logInvalidation(['in time'])
      queueMicrotask(async () => {
        await logged
        // The row and COMMIT are on their way, or will be in this turn.
        setImmediate(() => {
          late = tx.query(`insert into written values ('late')`).catch((error: unknown) => error)
        })
      })
      return logged
    })
    await expect.poll(() => late).toBeDefined()
    expect(await late).toMatchObject({ message: 'The transaction is over' })
    expect(await loggedBy(transaction)).toHaveLength(1)
    expect(await written('late')).toBe(0)
  })
})

describe.each([true, false])('on a pool whose pipeline is %s', (pipeline) => {
  it('a write whose connection ended before COMMIT could be sent has failed, and says so', async () => {
    const opened = await onPool(pipeline)
    await prepareLog(opened.connections)
    const write = new SqlTransactions(opened.connections).run(async (tx) => {
      await tx.logInvalidation(['a'])
      await tx.query(`set local idle_in_transaction_session_timeout = '10ms'`)
      await sleep(500)
    })
    await expect(write).rejects.toMatchObject({
      code: 'database-unavailable',
      cause: { name: 'ConnectionLost' },
    })
    await opened.close()
  })
})
