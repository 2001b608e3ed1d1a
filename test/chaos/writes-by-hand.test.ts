import { Client } from 'pg'
import { afterEach, expect, it } from 'vitest'
import { activeMarket, organizer } from '../support/api.ts'
import { dose } from '../support/dose.ts'
import { expectEverywhere, type Fleet, rename, startFleet, warm } from '../support/fleet.ts'

let fleet: Fleet
let psql: Client

afterEach(async () => {
  await psql.end()
  await fleet.stop()
})

const CACHES = dose(['tiered'] as const, ['tiered', 'near', 'redis', 'lru'] as const)

async function start(cache: (typeof CACHES)[number]): Promise<void> {
  fleet = await startFleet({ size: 2, cache })
  psql = new Client({ connectionString: fleet.databaseUrl })
  await psql.connect()
  await warm(fleet)
}

/** At every instance, by its next drain: nothing else makes it look. */
async function seen(path: string, value: (body: never) => unknown, expected: unknown): Promise<void> {
  for (const { api } of fleet.instances)
    await expect
      .poll(async () => value((await api.get(path)).body as never), { timeout: 10_000, interval: 20 })
      .toEqual(expected)
}

const seenName = (name: string) =>
  seen(`/markets/${fleet.market}`, (body: { name: string }) => body.name, name)

const RENAME = 'update markets set name = $2 where id = $1'
const INVALIDATE = "select marketflow_invalidate('market:' || $1)"

it.each(CACHES)(
  'a row changed in psql is seen everywhere, and other entries stay hits (%s)',
  async (cache) => {
    await start(cache)
    const quiet = await activeMarket(await organizer(fleet.instances[0]!.api, 'Quinn'), {
      name: 'Quiet',
      city: 'Quito',
    })
    const unrelated = [`/markets/${quiet}`, '/markets?city=quito', `/markets/${quiet}/stats`]
    const ofCity = (city: string) => `/markets?city=${city}`
    for (const { api } of fleet.instances)
      for (const path of [...unrelated, ofCity('graz'), ofCity('linz')])
        await expect
          .poll(async () => (await api.get(path)).headers.get('cache-status'), {
            timeout: 10_000,
            interval: 20,
          })
          .toMatch(/; hit/)

    await psql.query(RENAME, [fleet.market, 'by hand'])
    await seenName('by hand')
    await psql.query(`update markets set city = ' Graz' where id = $1`, [fleet.market])
    await seen(ofCity('graz'), (body: { total: number }) => body.total, 1)
    await psql.query(`
    insert into markets (id, organizer_id, slug, name, city, description, stall_count, vendor_count, status, created_at, updated_at)
    select gen_random_uuid(), organizer_id, 'by-hand', 'New', 'LINZ', '', 1, 0, 'active', now(), now() from markets limit 1`)
    await seen(
      ofCity('linz'),
      (body: { markets: { name: string }[] }) => body.markets.map(({ name }) => name),
      ['New'],
    )
    await psql.query(`delete from markets where slug = 'by-hand'`)
    await seen(ofCity('linz'), (body: { total: number }) => body.total, 0)
    await psql.query(`update accounts set session_epoch = session_epoch + 1 where id = '${fleet.rosa.id}'`)
    for (const { service } of fleet.instances)
      await expect
        .poll(
          async () =>
            (await fleet.rosa.api.at(service.url).get(`/organizers/${fleet.rosa.id}/dashboard`)).status,
          { timeout: 10_000 },
        )
        .toBe(401)

    for (const { api } of fleet.instances)
      for (const path of unrelated)
        expect((await api.get(path)).headers.get('cache-status'), path).toMatch(/; hit/)
  },
)

it.each(CACHES)('a long transaction that commits after later ones is not missed (%s)', async (cache) => {
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
  await seenName('late')
  expect((await rename(fleet, 1, 'later')).answer.status).toBe(200)
  await expectEverywhere(fleet, 'later')
})
