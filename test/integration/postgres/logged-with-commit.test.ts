import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connections } from '../../../src/adapters/postgres/connections.ts'
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
  const order: string[] = []
  pool.on('connect', (client) => {
    const send = client.query.bind(client)
    client.query = ((sql: string, ...rest: unknown[]) => {
      order.push(`sent ${sql.slice(0, 6)}`)
      const answer = send(sql, ...(rest as [])) as unknown as Promise<unknown>
      const answered = () => order.push(`answered ${sql.slice(0, 6)}`)
      answer.then(answered, answered)
      return answer
    }) as typeof client.query
  })
  const connections: Connections = new PoolConnections({ pool, primary: new SamePrimary(), ...TIMEOUTS })
  const close = async () => {
    await connections.close()
    await fresh.drop()
  }
  return { connections, order, close }
}

async function onPglite() {
  const connections: Connections = new PgliteConnections(await PGlite.create())
  return { connections, close: () => connections.close() }
}

it.each([
  { pipeline: true, order: ['sent insert', 'sent commit', 'answered insert', 'answered commit'] },
  { pipeline: false, order: ['sent insert', 'answered insert', 'sent commit', 'answered commit'] },
])(
  'COMMIT waits for the row of the log only where pg is told to wait for each answer: pipeline $pipeline',
  async ({ pipeline, order }) => {
    const opened = await onPool(pipeline)
    await prepareLog(opened.connections)
    await new SqlTransactions(opened.connections).run((tx) => tx.logInvalidation(['a']))
    expect(opened.order.slice(-4)).toEqual(order)
    await opened.close()
  },
)

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

  it('that logs nothing adds no row', async () => {
    const before = await query('select id from cache_invalidation')
    await write('nothing')
    expect(await query('select id from cache_invalidation')).toEqual(before)
    expect(await written('nothing')).toBe(1)
  })
})
