import { Client } from 'pg'
import { afterEach, expect, it } from 'vitest'
import { expectEverywhere, type Fleet, LEASE_MS, read, rename, startFleet, warm } from '../support/fleet.ts'

let fleet: Fleet
let psql: Client

afterEach(async () => {
  await psql.end()
  await fleet.stop()
})

async function start(cache: 'tiered' | 'lru'): Promise<void> {
  fleet = await startFleet({ size: 2, cache })
  psql = new Client({ connectionString: fleet.databaseUrl })
  await psql.connect()
  await warm(fleet)
}

/** Waits until every instance shows the name; the drains are due every L/3, the rest is for a busy machine. */
async function expectSoon(name: string): Promise<void> {
  const began = performance.now()
  for (const { api } of fleet.instances) {
    await expect
      .poll(async () => (await read(fleet, api)).body.name, { timeout: 10_000, interval: 20 })
      .toBe(name)
  }
  expect(performance.now() - began).toBeLessThan(LEASE_MS / 3 + 5000)
}

const RENAME = 'update markets set name = $2 where id = $1'
const INVALIDATE = "select marketflow_invalidate('market:' || $1)"

it.each(['tiered', 'lru'] as const)('a write in SQL that says so is seen everywhere (%s)', async (cache) => {
  await start(cache)
  await psql.query('begin')
  await psql.query(RENAME, [fleet.market, 'by hand'])
  await psql.query(INVALIDATE, [fleet.market])
  await psql.query('commit')
  await expectSoon('by hand')
  await expectEverywhere(fleet, 'by hand')
})

it.each(['tiered', 'lru'] as const)(
  'a long transaction that commits after later ones is not missed (%s)',
  async (cache) => {
    await start(cache)
    await psql.query('begin')
    await psql.query(INVALIDATE, [fleet.market])
    // Later rows, with higher ids, are logged, drained and marked while the first is still open.
    for (let i = 0; i < 3; i++) {
      const { status } = await fleet.rosa.api.post('/markets', {
        name: `Later ${i}`,
        city: 'X',
        stall_count: 1,
      })
      expect(status).toBe(201)
    }
    await warm(fleet)
    await psql.query(RENAME, [fleet.market, 'late'])
    await psql.query('commit')
    await expectSoon('late')
    expect((await rename(fleet, 1, 'later')).answer.status).toBe(200)
    await expectEverywhere(fleet, 'later')
  },
)
