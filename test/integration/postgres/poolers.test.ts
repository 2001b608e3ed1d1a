import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../../src/adapters/postgres/database.ts'
import { PostgresInvalidationLog } from '../../../src/adapters/postgres/postgres-invalidation-log.ts'
import { SamePrimary } from '../../../src/adapters/postgres/same-primary.ts'
import { SettingsConflict } from '../../../src/adapters/postgres/settings-lock.ts'
import { SessionNotOwn } from '../../../src/adapters/postgres/shared-sessions.ts'
import { startPgbouncer, type TestPooler } from '../../support/machine/pgbouncer.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { anOrganizer } from '../../support/postgres-world.ts'
import { runToEnd } from '../../support/service.ts'

let fresh: FreshDatabase
let direct: Database
let pooler: TestPooler | undefined
let closing: { close(): Promise<unknown> }[] = []

beforeEach(async () => {
  fresh = await freshDatabase()
  direct = await openDatabase({ url: fresh.url })
  await direct.migrate()
  closing = [direct]
})
afterEach(async () => {
  await Promise.all(closing.map((each) => each.close()))
  await pooler?.stop()
  await fresh.drop()
})

async function pooled(mode: 'session' | 'transaction'): Promise<string> {
  pooler = await startPgbouncer(fresh.url, mode)
  return pooler.url(fresh.url)
}

it('behind PgBouncer in session mode everything works, and instances under other settings are refused', async () => {
  const url = await pooled('session')
  const database = await openDatabase({ url })
  closing.push(database)
  await database.identity()
  await database.invalidationLog.claim('shared/1000')
  const organizer = anOrganizer()
  await database.transactions.run(async (tx) => {
    tx.accounts.add(organizer)
    await tx.logInvalidation(['market:1'])
  })
  expect(
    await database.snapshots.read((views) => views.marketListing({ page: 1, pageSize: 5 })),
  ).toBeDefined()
  await expect(direct.invalidationLog.claim('shared/500')).rejects.toBeInstanceOf(SettingsConflict)
  const other = await openDatabase({ url })
  closing.push(other)
  await expect(other.invalidationLog.claim('shared/500')).rejects.toBeInstanceOf(SettingsConflict)
  await database.invalidationLog.close()
  await expect.poll(() => other.invalidationLog.claim('shared/500').then(() => 'in', String)).toBe('in')
  expect((await other.invalidationLog.pending()) satisfies object).toBeDefined()
})

describe('behind PgBouncer in transaction mode', () => {
  it('no instance starts, and it is told to use session mode', async () => {
    const url = await pooled('transaction')
    await expect(openDatabase({ url })).rejects.toBeInstanceOf(SessionNotOwn)
    const { code, output } = await runToEnd('src/infrastructure/bin/main.ts', [], {
      DATABASE_URL: url,
      PORT: '0',
      JWT_SECRET: 'a secret that every test instance shares',
    })
    expect(output).toMatch(/pool_mode=session/)
    expect(code).toBe(78)
  })

  it('an instance that got in has no lease as soon as another client has had its session', async () => {
    const url = await pooled('transaction')
    const logs = [1, 2].map(
      () => new PostgresInvalidationLog({ connectionString: url }, 5_000, new SamePrimary()),
    )
    closing.push(...logs)
    const [one, other] = logs as [PostgresInvalidationLog, PostgresInvalidationLog]
    await one.claim('private/1000')
    await expect(other.claim('private/1000')).rejects.toBeInstanceOf(SessionNotOwn)
    await expect(one.pending()).rejects.toBeInstanceOf(SessionNotOwn)
    await expect(one.pending()).rejects.toBeInstanceOf(SessionNotOwn)
  })
})
