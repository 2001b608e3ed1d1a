import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterEach, expect, it } from 'vitest'
import { expectEverywhere, type Fleet, LEASE_MS, read, rename, startFleet, warm } from '../support/fleet.ts'
import { adminUrl } from '../support/postgres.ts'

let fleet: Fleet

afterEach(() => fleet.stop())

/** What a restart is to its clients: the server ends every session, and takes none until it is up again. */
async function restartFor(ms: number): Promise<void> {
  const name = new URL(fleet.databaseUrl).pathname.slice(1)
  const admin = new Client({ connectionString: adminUrl() })
  await admin.connect()
  await admin.query(`alter database ${name} with allow_connections false`)
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
  await sleep(ms)
  await admin.query(`alter database ${name} with allow_connections true`)
  await admin.end()
}

it.each(['tiered', 'lru'] as const)(
  'PostgreSQL restarted: nothing old, nothing but 503 in between (%s)',
  async (cache) => {
    fleet = await startFleet({ size: 2, cache })
    await warm(fleet)
    expect((await rename(fleet, 0, 'before')).answer.status).toBe(200)
    const restarted = restartFor(2 * LEASE_MS)
    await sleep(LEASE_MS)
    for (const { api } of fleet.instances) expect([200, 503]).toContain((await read(fleet, api)).status)
    await restarted
    await expect
      .poll(async () => (await rename(fleet, 1, 'after')).answer.status, { timeout: 15_000 })
      .toBe(200)
    await expectEverywhere(fleet, 'after')
    await warm(fleet)
  },
)
