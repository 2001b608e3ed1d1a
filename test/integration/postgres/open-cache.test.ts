import { LruCache } from 'marketflow/lru'
import { NullCache } from 'marketflow/null'
import {
  connectedBy,
  type OpenCache,
  openCache,
  PoolConnections,
  SamePrimary,
  SettingsConflict,
  type Sql,
} from 'marketflow/postgres'
import { Pool } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { View } from '../../../src/application/consistency/view.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'

let database: FreshDatabase
let pool: Pool
beforeAll(async () => {
  database = await freshDatabase()
  pool = new Pool({ connectionString: database.url, max: 6 })
  await pool.query('create table counter (value integer not null); insert into counter values (0)')
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

type Counted = { readonly type: 'counted' }
const opened: OpenCache<Counted>[] = []
afterEach(() => Promise.all(opened.splice(0).map((cache) => cache.close())))

const counter: View<undefined, number, Sql> = {
  name: 'counter',
  ttlS: 100,
  schema: { parse: Number },
  key: () => 'counter',
  tags: () => ['counter'],
  load: async (sql) => {
    const [row] = await sql.query<{ value: number }>('select value from counter')
    return row && { value: row.value }
  },
}

async function open(options: Partial<Parameters<typeof openCache<Counted>>[0]> = {}) {
  const cache = await openCache<Counted>({
    pool,
    cache: ({ clock, random }) => new LruCache({ maxBytes: 100_000 }, clock, random),
    tagsOf: () => ['counter'],
    ...options,
  })
  opened.push(cache)
  return cache
}

const count = ({ writes }: OpenCache<Counted>) =>
  writes.run(async (tx, record) => {
    const [row] = await tx.query<{ value: number }>('update counter set value = value + 1 returning value')
    record({ type: 'counted' })
    return row!.value
  })

describe('a cache opened on a pool', () => {
  it('shows each instance with a memory of its own what the other has answered', async () => {
    const [one, other] = [await open(), await open()]
    for (let i = 0; i < 10; i++) {
      const value = await count(i % 2 === 0 ? one : other)
      for (const { reads } of [one, other, one, other])
        expect((await reads.read(counter, undefined)).value()).toBe(value)
    }
    expect((await one.reads.read(counter, undefined)).status.kind).toBe('hit')
  })

  it('is refused beside an instance with other settings, which goes on', async () => {
    const one = await open()
    await expect(open({ leaseMs: 500 })).rejects.toBeInstanceOf(SettingsConflict)
    await expect(open({ cache: () => new NullCache() })).rejects.toBeInstanceOf(SettingsConflict)
    await count(one)
  })

  it('leaves the pool open when it is closed, and can be opened again', async () => {
    await (await open()).close()
    opened.pop()
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await count(await open())
  })

  it('answers reads and writes on an adapter that hangs', async () => {
    const hanging = await open({
      leaseMs: 300,
      timeoutMs: 20,
      cache: ({ clock, random }) => {
        const lru = new LruCache({ maxBytes: 100_000 }, clock, random)
        const session = Object.assign(lru.session(), {
          invalidate: () => new Promise<void>(() => {}),
          lookup: () => new Promise<never>(() => {}),
        })
        return Object.assign(lru, { session: () => session })
      },
    })
    const value = await count(hanging)
    const reading = await hanging.reads.read(counter, undefined)
    expect(reading.value()).toBe(value)
    expect(reading.status.kind).toBe('bypass')
  })

  it('gives a load a transaction that is over when the load is', async () => {
    const { reads } = await open()
    let kept: Sql | undefined
    const view: View<undefined, number, Sql> = {
      ...counter,
      key: () => 'kept',
      load: async (sql) => {
        kept = sql
        return { value: 1 }
      },
    }
    await reads.read(view, undefined)
    await expect(kept!.query('select 1')).rejects.toThrow('The transaction is over')
  })

  it('refuses a view that its log does not outlive', async () => {
    const { reads } = await open({ longestTtlS: 50 })
    await expect(reads.read(counter, undefined)).rejects.toThrow(
      'The view counter has a ttlS of 100, and the log keeps its rows for entries of 50',
    )
  })
})

it.each([
  [{ leaseMs: 10 }, 'leaseMs is 10, expected a number from 100 to 60000'],
  [{ leaseMs: Number.NaN }, 'leaseMs is NaN'],
  [{ timeoutMs: 0 }, 'timeoutMs is 0, expected a number from 1'],
  [{ shadowShare: 2 }, 'shadowShare is 2, expected a number from 0 to 1'],
  [{ longestTtlS: '600' as unknown as number }, 'longestTtlS is 600, expected a number'],
])('an option that cannot be is refused: %o', async (options, message) => {
  await expect(open(options)).rejects.toThrow(message)
})

it('a pool that gives no connection in time is not waited for, and gets back the one that comes late', async () => {
  const small = new Pool({ connectionString: database.url, max: 1 })
  const connections = new PoolConnections({
    pool: small,
    primary: new SamePrimary(),
    connectTimeoutMs: 1,
    statementTimeoutMs: 60_000,
  })
  const held = await small.connect()
  await expect(connections.run(async () => {})).rejects.toThrow('PostgreSQL cannot be connected to')
  held.release()
  await expect.poll(() => [small.idleCount, small.waitingCount]).toEqual([1, 0])
  await small.end()
})

it('a connection beside a pool has the pool’s password, whichever way it was given', async () => {
  const byFields = new Pool({ host: 'h', user: 'u', password: 'secret', database: 'd' })
  expect(connectedBy(byFields)).toMatchObject({ host: 'h', user: 'u', password: 'secret', database: 'd' })
  const byUrl = new Pool({ connectionString: 'postgres://u:secret@h/d' })
  expect(connectedBy(byUrl)).toMatchObject({ connectionString: 'postgres://u:secret@h/d' })
})
