import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connections, Row } from '../../../src/adapters/postgres/connections.ts'
import type { Database } from '../../../src/adapters/postgres/database.ts'
import { normalizePlace } from '../../../src/domain/market.ts'
import { ENGINES, OPEN_TIMEOUT_MS } from '../../support/postgres-engines.ts'
import { aMarket, anOrganizer, NOW } from '../../support/postgres-world.ts'

/** What the release before says of its own transactions. */
const ITS_OWN = 'set local marketflow.unit_of_work = on'

describe.each(ENGINES)('the release before, which knows no places, goes on writing on $name', ({ open }) => {
  let database: Database
  let connections: Connections
  let close: () => Promise<void>
  const organizer = anOrganizer()
  beforeAll(async () => {
    const instrument = (each: Connections) => {
      connections ??= each
      return each
    }
    const opened = await open({ instrument })
    ;({ database, close } = { database: opened.database, close: opened.close })
    await database.transactions.run(async (tx) => tx.accounts.add(organizer))
  }, OPEN_TIMEOUT_MS)
  afterAll(() => close())

  /** In one transaction of its own. */
  function write(statement: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return connections.run(async (connection) => {
      await connection.query('begin')
      await connection.query(ITS_OWN)
      const { rows } = await connection.query(statement, parameters)
      await connection.query('commit')
      return rows
    })
  }

  const logged = async () => {
    const [row] = await write(
      'select array_to_json(tags)::text as tags from cache_invalidation order by id desc limit 1',
    )
    return JSON.parse(String(row?.tags ?? '[]')) as string[]
  }

  const listed = (places: object) =>
    database.snapshots.read(
      async (views) => (await views.marketListing({ page: 1, pageSize: 9, ...places }))!.value,
    )

  it('imports markets as whole rows, without the columns that it does not have', async () => {
    const row = {
      id: crypto.randomUUID(),
      organizer_id: organizer.id,
      slug: `imported-${organizer.id}`,
      name: '“Über” Market',
      city: 'Chicago',
      city_key: 'chicago',
      description: '',
      stall_count: 3,
      vendor_count: 0,
      status: 'active',
      created_at: NOW,
      updated_at: NOW,
    }
    await write('insert into markets select * from json_populate_recordset(null::markets, $1::json)', [
      JSON.stringify([row]),
    ])
    const { markets } = await listed({ city: normalizePlace('chicago') })
    expect(markets).toContainEqual(expect.objectContaining({ id: row.id, region: '', country: '' }))
    const [kept] = await write('select name_key from markets where id = $1', [row.id])
    expect(kept).toEqual({ name_key: 'uber market' })
  })

  it('edits a market that has a place: lists of that place are logged, sorted anew, and its own numbers stay', async () => {
    const market = aMarket(organizer.id, { city: `Springfield ${organizer.id}`, region: 'IL', country: 'US' })
    market.edit({ status: 'active' }, NOW)
    market.vendorCount = 2
    await database.transactions.run(async (tx) => tx.markets.add(market))
    await write(`update markets set name = 'Élan', vendor_count = 1 where id = $1`, [market.id])
    expect(await logged()).toEqual(
      expect.arrayContaining(['markets:active', 'markets:active:region:il', 'markets:active:country:us']),
    )
    const [kept] = await write('select name_key, vendor_count::int from markets where id = $1', [market.id])
    expect(kept).toEqual({ name_key: 'elan', vendor_count: 1 })
    await write(`update markets set status = 'closed' where id = $1`, [market.id])
    expect((await listed({ city: normalizePlace(market.city), region: normalizePlace('IL') })).total).toBe(0)
  })
})
