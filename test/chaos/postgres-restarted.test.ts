import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { dose } from '../support/dose.ts'
import { expectEverywhere, type Fleet, LEASE_MS, read, rename, startFleet, warm } from '../support/fleet.ts'
import { withoutDatabase } from '../support/postgres.ts'

let fleet: Fleet

afterEach(() => fleet.stop())

it.each(dose(['lru'] as const, ['tiered', 'near', 'lru'] as const))(
  'PostgreSQL restarted: nothing old, nothing but 503 in between (%s)',
  async (cache) => {
    fleet = await startFleet({ size: 2, cache })
    await warm(fleet)
    expect((await rename(fleet, 0, 'before')).answer.status).toBe(200)
    const restarted = withoutDatabase(fleet.databaseUrl, () => sleep(2 * LEASE_MS))
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
