import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/adapters/postgres/database.ts'
import type { Found } from '../../../src/application/consistency/view.ts'
import { withInstants } from '../../../src/application/markets/open-days.ts'
import {
  type ListingParams,
  type MarketsFound,
  MOST_COUNTED,
  MOST_FOUND,
  type OpenOn,
  type PlaceParams,
  type VendorsParams,
  type ViewQueries,
} from '../../../src/application/ports/view-queries.ts'
import {
  marketApplications,
  marketDetail,
  marketListing,
  marketPage,
  marketStats,
  organizerDashboard,
  vendorDashboard,
  vendorListing,
  vendorPage,
  vendorProfile,
} from '../../../src/application/views/views.ts'
import { Account } from '../../../src/domain/account.ts'
import { cellName, cellOf, cellsWithin } from '../../../src/domain/grid.ts'
import { type Market, normalizePlace } from '../../../src/domain/market.ts'
import type { Product } from '../../../src/domain/products.ts'
import { ENGINES, OPEN_TIMEOUT_MS, type OpenedDatabase } from '../../support/postgres-engines.ts'
import { aMarket, anApplication, anOrganizer, aVendor, aWorld, NOW } from '../../support/postgres-world.ts'

/** What the view's schema takes of a list. */
function asListed(found: Found<MarketsFound>): MarketsFound {
  const { more, uncounted, ...value } = found!.value
  const markets = value.markets.map((market) =>
    market.days === undefined ? market : { ...market, days: withInstants(market.days, market.time_zone) },
  )
  const listed = marketListing.omit({ page: true, page_size: true }).parse({ ...value, markets })
  return { ...listed, more, uncounted }
}

/** What the market itself says of the view's fields, by their names there. */
function told(market: Market, { shape }: { readonly shape: object }): object {
  const fields = Object.entries(market).map(([name, value]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ])
  return Object.fromEntries(fields.filter(([name]) => name in shape))
}

describe.each(ENGINES)('views on $name', ({ open }) => {
  let opened: OpenedDatabase
  let database: Database

  beforeAll(async () => {
    opened = await open()
    database = opened.database
  }, OPEN_TIMEOUT_MS)
  afterAll(() => opened.close())

  const read = <T>(queries: (views: ViewQueries) => Promise<T>) => database.snapshots.read(queries)

  /** Accepts the first application, waitlists the second, rejects the third; the rest stay pending. */
  async function aDecidedWorld(vendorCount = 4) {
    const world = await aWorld(database, vendorCount, { city: randomUUID() })
    await database.transactions.run(async (tx) => {
      const market = (await tx.markets.findForUpdate(world.market.id))!
      const [accepted, waitlisted, rejected] = world.applications
      ;(await tx.applications.findForUpdate(accepted!.id))!.accept(market, NOW)
      ;(await tx.applications.findForUpdate(waitlisted!.id))!.waitlist(NOW)
      ;(await tx.applications.findForUpdate(rejected!.id))!.reject(NOW)
    })
    return world
  }

  it('market detail', async () => {
    const { market, vendors, organizer } = await aDecidedWorld()
    const found = await read((views) => views.marketDetail(market.id.toUpperCase()))
    expect(marketDetail.parse(found?.value)).toEqual({
      ...told(market, marketDetail),
      vendor_count: 1,
      organizer: { id: organizer.id, name: organizer.name },
      vendors: [{ id: vendors[0]!.id, business_name: 'Vendor 0', category: 'bakery', products: [] }],
      created_at: NOW.toISOString(),
      updated_at: NOW.toISOString(),
    })
    expect(found).not.toHaveProperty('visibleTo')
  })

  it('market page', async () => {
    const { market, organizer, vendors } = await aDecidedWorld()
    const found = await read((views) => views.marketPage({ slug: market.slug, today: '2026-05-02' }))
    expect(marketPage.parse(found?.value)).toEqual({
      ...told(market, marketPage),
      vendor_count: 1,
      organizer: organizer.name,
      days: [],
      night: null,
      vendors: [
        {
          id: vendors[0]!.id,
          business_name: 'Vendor 0',
          category: 'bakery',
          description: 'Sourdough',
          website: '',
          products: [],
        },
      ],
    })
  })

  it('the page of a market has the day before, if that closes after midnight', async () => {
    const { market } = await aWorld(database, 0)
    const put = (opens: string, closes: string, status: 'planned' | 'cancelled') =>
      database.transactions.run((tx) =>
        tx.days.put(market.id, [{ date: '2026-05-01', opens, closes, note: '', status }], NOW),
      )
    const night = async (today: string) =>
      (await read((views) => views.marketPage({ slug: market.slug, today })))!.value.night
    await put('20:00', '02:00', 'planned')
    expect(await night('2026-05-02')).toEqual({ date: '2026-05-01', opens: '20:00', closes: '02:00' })
    expect(await night('2026-05-01')).toBeNull()
    expect(await night('2026-05-03')).toBeNull()
    await put('20:00', '23:00', 'planned')
    expect(await night('2026-05-02')).toBeNull()
    await put('20:00', '02:00', 'cancelled')
    expect(await night('2026-05-02')).toBeNull()
  })

  it('no page, calendar or clock of a draft, or under what is no slug', async () => {
    const owner = anOrganizer()
    const draft = aMarket(owner.id)
    await database.transactions.run(async (tx) => {
      tx.accounts.add(owner)
      tx.markets.add(draft)
    })
    for (const slug of [draft.slug, draft.slug.toUpperCase(), '', 'a b', '\0', '-', "'; --"]) {
      expect(await read((views) => views.marketPage({ slug, today: '2026-05-02' })), slug).toBeUndefined()
      expect(await read((views) => views.marketCalendar(slug)), slug).toBeUndefined()
      expect(await read((views) => views.marketZone({ slug })), slug).toBeUndefined()
    }
  })

  it('market stats', async () => {
    const { market } = await aDecidedWorld()
    const found = await read((views) => views.marketStats(market.id))
    expect(marketStats.parse(found?.value)).toEqual({
      market_id: market.id,
      vendor_count: 1,
      pending_applications: 1,
      waitlisted_applications: 1,
      stall_count: 3,
      open_stalls: 2,
    })
  })

  it('a draft is only its organizer’s', async () => {
    const organizer = anOrganizer()
    const draft = aMarket(organizer.id)
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      tx.markets.add(draft)
    })
    await read(async (views) => {
      expect(await views.marketDetail(draft.id)).toMatchObject({
        visibleTo: organizer.id,
        value: { status: 'draft' },
      })
      expect(await views.marketStats(draft.id)).toMatchObject({ visibleTo: organizer.id })
    })
  })

  it('market listing: active markets in the order of people, in pages, by city as the domain compares cities', async () => {
    const city = `  İzmir ${randomUUID()}`
    const organizer = anOrganizer()
    const names = [
      '10',
      'a',
      'Aberdeen',
      'Alpha',
      'Alpha',
      'alpha',
      'AUSTIN Farmers’ Market',
      'Austin farmers market',
      'b',
      'Beta',
      'Éclair',
      '“Eclair” & Friends',
      'Ecole',
      'Łódź',
      'Lodz II',
      'Ørsted',
      'Smith-Ryan',
      'Smith Rye',
      'Straße',
      'Strasse 2',
      'Zoo',
    ]
    const markets = names.map((name) => aMarket(organizer.id, { name, city }))
    for (const market of markets) market.edit({ status: 'active' }, NOW)
    const shuffled = markets.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      for (const market of [...shuffled, aMarket(organizer.id, { city })]) tx.markets.add(market)
    })
    const inOrder = markets
      .toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name) || (a.id < b.id ? -1 : 1))
      .map(({ id }) => id)
    await read(async (views) => {
      const pages = []
      for (const page of [1, 2, 3, Number.MAX_SAFE_INTEGER]) {
        const found = await views.marketListing({ page, pageSize: 5, city: normalizePlace(city) })
        const listing = asListed(found)
        expect(listing).toMatchObject({ total: names.length, more: page <= 3 })
        pages.push(listing.markets.map(({ id }) => id))
      }
      expect(pages).toEqual([inOrder.slice(0, 5), inOrder.slice(5, 10), inOrder.slice(10, 15), []])
      const everywhere = asListed(await views.marketListing({ page: 1, pageSize: 100 }))
      expect(everywhere.markets.filter(({ id }) => inOrder.includes(id)).map(({ id }) => id)).toEqual(inOrder)
    })
  })

  it('a page begins behind a name and id, there or not, in every list, and tells whether there are more', async () => {
    const tag = randomUUID().slice(0, 8)
    const organizer = anOrganizer()
    const names = ['Éclair', 'eclair', 'Eclair', 'Alpha', 'Zoo'].map((name) => `${name} ${tag}`)
    const markets = names.map((name) => aMarket(organizer.id, { name, city: tag, region: tag }))
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      for (const market of markets) {
        market.edit({ status: 'active' }, NOW)
        tx.markets.add(market)
        const day = {
          date: '2026-05-02',
          opens: '08:00',
          closes: '12:00',
          note: '',
          status: 'planned' as const,
        }
        await tx.days.put(market.id, [day], NOW)
      }
    })
    const city = normalizePlace(tag)
    const open = { from: '2026-05-02', to: '2026-05-03' }
    const relative = { relative: 'today' as const, at: '2026-05-02T12:00:00.000Z' }
    await read(async (views) => {
      const page = async (params: Omit<ListingParams, 'page'>) =>
        (await views.marketListing({ page: 1, ...params }))!.value
      for (const list of [
        { city },
        { region: city },
        { q: city },
        { city, country: normalizePlace('us') },
        { city, open },
        { city, open: relative },
        { q: city, open },
      ]) {
        const { markets: all } = await page({ pageSize: 9, ...list })
        expect(all.map(({ name }) => name.split(' ')[0])).toEqual([
          'Alpha',
          'Eclair',
          'eclair',
          'Éclair',
          'Zoo',
        ])
        for (const [i, after] of all.entries()) {
          const rest = all.slice(i + 1)
          const found = await page({ pageSize: 2, after, ...list })
          expect(found).toEqual({
            markets: rest.slice(0, 2),
            total: all.length,
            more: rest.length > 2,
            uncounted: false,
          })
        }
        const gone = { name: `Eclair ${tag}`, id: 'ffffffff-ffff-4fff-bfff-ffffffffffff' }
        expect((await page({ pageSize: 9, after: gone, ...list })).markets).toEqual(all.slice(2))
        expect((await page({ pageSize: 5, ...list })).more).toBe(false)
      }
    })
  })

  it('a list by date counts the first 500, leads on behind them, and counts each market once', async () => {
    const tag = randomUUID().slice(0, 8)
    const organizer = anOrganizer()
    const hours = { opens: '08:00', closes: '12:00', note: '', status: 'planned' as const }
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      for (let i = 0; i <= MOST_COUNTED; i++) {
        const market = aMarket(organizer.id, { name: `${tag} ${1000 + i}`, city: tag })
        market.edit({ status: 'active' }, NOW)
        tx.markets.add(market)
        // The last one opens on Sunday, too.
        const dates = i < MOST_COUNTED ? ['2026-05-02', '2026-05-03'] : ['2026-05-03']
        const days = dates.map((date) => ({ date, ...hours }))
        await tx.days.put(market.id, days, NOW)
      }
    })
    const list = (from: string, to: string, params: Partial<ListingParams>) =>
      read(async (views) => {
        const asked = { page: 1, pageSize: 1, city: normalizePlace(tag), open: { from, to }, ...params }
        const { markets, ...rest } = (await views.marketListing(asked))!.value
        return { name: markets[0]?.name, ...rest }
      })
    const [saturday, sunday] = ['2026-05-02', '2026-05-03']
    const [total, lastButOne] = [MOST_COUNTED, `${tag} ${999 + MOST_COUNTED}`]
    const all = { total, uncounted: false }
    expect(await list(saturday, saturday, { page: total })).toEqual({ name: lastButOne, more: false, ...all })
    expect(await list(saturday, saturday, { page: total + 1 })).toEqual({
      name: undefined,
      more: false,
      ...all,
    })
    for (const from of [saturday, sunday]) {
      const some = { total, uncounted: true }
      expect(await list(from, sunday, { page: total })).toEqual({ name: lastButOne, more: true, ...some })
      const last = { name: `${tag} ${1000 + MOST_COUNTED}`, more: false, ...some }
      expect(await list(from, sunday, { page: total + 1 })).toEqual(last)
      const after = { name: lastButOne, id: 'ffffffff-ffff-4fff-bfff-ffffffffffff' }
      expect(await list(from, sunday, { after })).toEqual(last)
    }
  })

  it('a list is narrowed by country, region and city, alone and together, with its length', async () => {
    const organizer = anOrganizer()
    const there = randomUUID().slice(0, 8)
    const at = (city: string, region: string, country: string) =>
      aMarket(organizer.id, { city: `${city} ${there}`, region: `${region} ${there}`, country })
    const springfields = [
      at('Springfield', 'IL', 'US'),
      at('SPRINGFIELD', 'Mo', 'US'),
      at('Springfield', 'il', 'CA'),
    ]
    const [illinois, missouri, canada] = springfields.map(({ id }) => id)
    const [chicago] = [at(' Chicago', 'IL', 'US')]
    const markets = [...springfields, chicago!]
    for (const market of markets) market.edit({ status: 'active' }, NOW)
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      for (const market of markets) tx.markets.add(market)
    })
    const [city, il] = [normalizePlace(`springfield ${there}`), normalizePlace(`IL ${there}`)]
    const us = normalizePlace('us')
    const cases: readonly (readonly [PlaceParams, readonly (string | undefined)[]])[] = [
      [{ city }, [illinois, missouri, canada]],
      [{ region: il }, [illinois, canada, chicago!.id]],
      [{ region: il, country: us }, [illinois, chicago!.id]],
      [{ city, region: il }, [illinois, canada]],
      [{ city, country: us }, [illinois, missouri]],
      [{ city, region: il, country: us }, [illinois]],
      [{ city, region: il, country: normalizePlace('fr') }, []],
    ]
    await read(async (views) => {
      for (const [places, expected] of cases) {
        const { markets, total } = (await views.marketListing({ page: 1, pageSize: 50, ...places }))!.value
        expect(markets.map(({ id }) => id).toSorted(), JSON.stringify(places)).toEqual(expected.toSorted())
        expect(total, JSON.stringify(places)).toBe(expected.length)
      }
      const { markets, total } = (await views.marketListing({ page: 1, pageSize: 5, country: us }))!.value
      expect(markets.length).toBeLessThanOrEqual(total)
    })
  })

  it('today and this weekend are those of each market’s own clock', async () => {
    const organizer = anOrganizer()
    const city = `Everywhere ${randomUUID()}`
    const zones = ['Pacific/Kiritimati', 'Asia/Kathmandu', 'America/Chicago', 'Pacific/Pago_Pago', '']
    const markets = zones.map((timeZone) => aMarket(organizer.id, { city, timeZone }))
    // From Thursday to the Monday after next: all of them open every day, but the one in Kathmandu on Sundays alone.
    const dates = Array.from({ length: 12 }, (_, i) => `2026-10-${22 + i}`).map((date) =>
      date > '2026-10-31' ? `2026-11-0${Number(date.slice(-2)) - 31}` : date,
    )
    const sundays = ['2026-10-25', '2026-11-01']
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      for (const market of markets) {
        market.edit({ status: 'active' }, NOW)
        tx.markets.add(market)
        const open = market.timeZone === 'Asia/Kathmandu' ? sundays : dates
        const hours = { opens: '08:00', closes: '12:00', note: '' }
        const days = open.map((date) => ({ date, ...hours, status: 'planned' as const }))
        await tx.days.put(market.id, days, NOW)
      }
      await tx.days.put(
        markets[4]!.id,
        [{ date: '2026-10-24', opens: '08:00', closes: '12:00', note: '', status: 'cancelled' }],
        NOW,
      )
    })
    const asked = (relative: 'today' | 'weekend', at: string) =>
      read(async (views) => {
        const open = { relative, at: `${at}:00.000Z` }
        const { markets, total } = (await views.marketListing({
          page: 1,
          pageSize: 9,
          city: normalizePlace(city),
          open,
        }))!.value
        expect(total).toBe(markets.length)
        return Object.fromEntries(
          markets.map(({ time_zone, days }) => [time_zone, days!.map(({ date }) => date.slice(5)).join(' ')]),
        )
      })
    // Friday noon in Greenwich is Saturday in Kiritimati, and early on Friday in Pago Pago.
    expect(await asked('today', '2026-10-23T12:00')).toEqual({
      'Pacific/Kiritimati': '10-24',
      'America/Chicago': '10-23',
      'Pacific/Pago_Pago': '10-23',
      '': '10-23',
    })
    expect(await asked('today', '2026-10-24T18:15')).toEqual({
      'Pacific/Kiritimati': '10-25',
      'Asia/Kathmandu': '10-25',
      'America/Chicago': '10-24',
      'Pacific/Pago_Pago': '10-24',
    })
    expect(await asked('today', '2026-10-24T18:00')).not.toHaveProperty('Asia/Kathmandu')
    expect(await asked('weekend', '2026-10-23T12:00')).toEqual({
      'Pacific/Kiritimati': '10-24 10-25',
      'Asia/Kathmandu': '10-25',
      'America/Chicago': '10-24 10-25',
      'Pacific/Pago_Pago': '10-24 10-25',
      '': '10-25',
    })
    // On Sunday what is left of it; where it is Monday already, the next one.
    expect(await asked('weekend', '2026-10-25T12:00')).toEqual({
      'Pacific/Kiritimati': '10-31 11-01',
      'Asia/Kathmandu': '10-25',
      'America/Chicago': '10-25',
      'Pacific/Pago_Pago': '10-25',
      '': '10-25',
    })
    // Clocks have gone back in Chicago: its Sunday has twenty-five hours.
    expect(await asked('today', '2026-11-02T05:45')).toMatchObject({ 'America/Chicago': '11-01' })
    expect(await asked('today', '2026-11-02T06:00')).toMatchObject({ 'America/Chicago': '11-02' })
  })

  it('whatever a list is narrowed by goes together with whatever else it is narrowed by', async () => {
    const organizer = anOrganizer()
    const tag = `t${randomUUID().slice(0, 8)}`
    const [here, there] = [`Here ${tag}`, `There ${tag}`]
    const every = { q: `wanted ${tag}`, city: here, region: here, country: 'NZ', product: 'tofu' } as const
    const others = { q: there, city: there, region: there, country: 'AU', product: 'trees' } as const
    const opens = {
      dates: { from: '2026-10-24', to: '2026-10-25' },
      today: { relative: 'today', at: '2026-10-24T12:00:00.000Z' },
      weekend: { relative: 'weekend', at: '2026-10-24T12:00:00.000Z' },
    } satisfies Record<string, OpenOn>
    const names = ['q', 'city', 'region', 'country', 'product'] as const
    // One market has all of it, and the others miss one thing each; the last is never open.
    const lacking = [undefined, ...names, 'open'] as const
    const markets = lacking.map((lacks) => {
      const has = { ...every, ...(lacks !== undefined && lacks !== 'open' && { [lacks]: others[lacks] }) }
      return aMarket(organizer.id, {
        ...has,
        name: `Market ${has.q} ${tag} ${lacks}`,
        timeZone: 'Europe/Zurich',
        listing: { listedBy: 'a list', updatedOn: null, hours: [], products: [has.product], payment: [] },
      })
    })
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      for (const [n, market] of markets.entries()) {
        market.edit({ status: 'active' }, NOW)
        tx.markets.add(market)
        const day = {
          date: '2026-10-24',
          opens: '08:00',
          closes: '12:00',
          note: '',
          status: 'planned',
        } as const
        if (lacking[n] !== 'open') await tx.days.put(market.id, [day], NOW)
      }
    })
    for (let chosen = 0; chosen < 2 ** names.length; chosen++) {
      const asked = names.filter((_, bit) => chosen & (1 << bit))
      // Without the words or the city the lists have what other tests left.
      if (!asked.includes('q') && !asked.includes('city')) continue
      const narrowing = Object.fromEntries(
        asked.map((name) => [name, name === 'product' ? every[name] : normalizePlace(every[name])]),
      )
      for (const open of [undefined, ...Object.values(opens)]) {
        const expected = lacking.flatMap((lacks, n) =>
          asked.some((name) => name === lacks) || (lacks === 'open' && open !== undefined) ? [] : markets[n]!,
        )
        const found = async (more: Partial<ListingParams> = {}) => {
          const listed = await read((views) =>
            views.marketListing({ page: 1, pageSize: 20, ...narrowing, ...(open && { open }), ...more }),
          )
          return { ids: listed!.value.markets.map(({ id }) => id).sort(), total: listed!.value.total }
        }
        const ids = expected.map(({ id }) => id).sort()
        expect({ asked, open, ...(await found()) }).toEqual({ asked, open, ids, total: ids.length })
        // Behind a name that all of them have before theirs.
        const behind = { after: { name: 'Market', id: randomUUID() } }
        expect({ asked, open, ...(await found(behind)) }).toMatchObject({ asked, open, ids })
      }
    }
  })

  it('markets near a point are those of the cells around it, open when it was asked for; of too many, those of the nearest cells', async () => {
    const organizer = anOrganizer()
    // A part of the sea of its own, for each engine and run.
    const [row, column] = [-4, 5].map((degrees) => degrees + Math.floor(Math.random() * 300) / 10)
    const at = (north: number, east: number) => ({
      latitude: row! + north / 10 + 0.05,
      longitude: column! + east / 10 + 0.05,
    })
    const markets = [
      aMarket(organizer.id, { name: 'Here', ...at(0, 0) }),
      aMarket(organizer.id, { name: 'East', ...at(0, 1) }),
      aMarket(organizer.id, { name: 'Nowhere', latitude: null, longitude: null }),
      aMarket(organizer.id, { name: 'Draft', ...at(0, 0) }),
    ]
    const crowd = Array.from({ length: MOST_FOUND }, (_, i) =>
      aMarket(organizer.id, { name: `Crowd ${i}`, ...at(5, 0) }),
    )
    for (const market of [...markets.slice(0, 3), ...crowd]) market.edit({ status: 'active' }, NOW)
    const day = { date: '2026-10-24', opens: '08:00', closes: '12:00', note: '', status: 'planned' as const }
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      for (const market of [...markets, ...crowd]) tx.markets.add(market)
      await tx.days.put(markets[1]!.id, [day], NOW)
    })
    const near = async (radiusKm: number, open?: OpenOn) => {
      const cells = cellsWithin(cellOf(at(0, 0)), radiusKm)
      const { markets, left_out_km } = await read((views) =>
        views.marketsNear({
          cells: cells.map((cell) => ({ name: cellName(cell), nearKm: cell.nearKm })),
          ...(open && { open }),
        }),
      )
      expect(marketListing.shape.markets.safeParse(open ? [] : markets).error).toBeUndefined()
      return { markets, names: markets.map(({ name }) => name), left_out_km }
    }
    const found = await near(10)
    expect(found.names).toEqual(['East', 'Here'])
    expect(found.left_out_km).toBeNull()
    expect(found.markets[1]).toMatchObject(at(0, 0))
    const open = await near(10, { from: day.date, to: day.date })
    expect(open.markets).toMatchObject([{ name: 'East', days: [{ date: day.date }] }])
    const today = await near(10, { relative: 'today', at: '2026-10-24T18:00:00.000Z' })
    expect(today.names).toEqual(['East'])
    // Two and two hundred are enough, and looked through; a cell beyond has one more.
    await database.transactions.run(async (tx) => {
      const beyond = aMarket(organizer.id, { name: 'Beyond', ...at(-6, 0) })
      beyond.edit({ status: 'active' }, NOW)
      tx.markets.add(beyond)
    })
    const many = await near(60)
    expect(many.names).toHaveLength(MOST_FOUND + 2)
    expect(many.names).not.toContain('Beyond')
    expect(many.left_out_km).toBeCloseTo(55.6, 0)
    // One more in the crowd's cell than is looked through.
    await database.transactions.run(async (tx) => {
      const last = aMarket(organizer.id, { name: 'Last', ...at(5, 0) })
      last.edit({ status: 'active' }, NOW)
      tx.markets.add(last)
    })
    expect((await near(60)).left_out_km).toBeCloseTo(44.5, 0)
  })

  it('a market is found by words of its name, place and accepted vendors, without case and accents, alone and together', async () => {
    const tag = randomUUID().slice(0, 8)
    const city = `Saint-Gall ${tag}`
    const { market, vendors, applications } = await aWorld(database, 2, {
      name: `Ål Farmers’ ${tag}`,
      city,
      region: 'ZZ',
    })
    await aWorld(database, 0, { name: `Other ${tag}` })
    const found = async (q: string, places: PlaceParams = {}) => {
      const listed = await read((views) =>
        views.marketListing({ page: 1, pageSize: 20, q: normalizePlace(q), ...places }),
      )
      expect(listed!.value.total).toBe(listed!.value.markets.length)
      return listed!.value.markets.map(({ name }) => name)
    }
    const [both, one] = [[market.name, `Other ${tag}`], [market.name]]
    expect(await found(tag)).toEqual(both)
    expect(await found(`AL ${tag}`)).toEqual(one)
    expect(await found(`${tag} farmers'`)).toEqual(one)
    expect(await found(`farm ${tag.slice(0, 7)}`)).toEqual(one)
    // Two letters are a word, and not the beginning of one.
    expect(await found(`fa ${tag}`)).toEqual([])
    expect(await found(`gall zz ${tag}`)).toEqual(one)
    expect(await found(tag, { city: normalizePlace(city) })).toEqual(one)
    expect(await found(tag, { city: normalizePlace('nowhere') })).toEqual([])
    expect(await found(`${tag} nothing-of-the-kind`)).toEqual([])

    const seller = `Bäckerei ${randomUUID().slice(0, 8)}`
    const rename = (businessName: string) =>
      database.transactions.run(async (tx) =>
        (await tx.vendors.findForUpdate(vendors[0]!.id))!.edit({ businessName }, NOW),
      )
    const accepts = (accepted: boolean) =>
      database.transactions.run(async (tx) => {
        const locked = (await tx.markets.findForUpdate(market.id))!
        const application = (await tx.applications.findForUpdate(applications[0]!.id))!
        if (accepted) application.accept(locked, NOW)
        else application.withdraw(locked, NOW)
      })
    await rename(seller)
    expect(await found(seller)).toEqual([])
    await accepts(true)
    expect(await found(seller)).toEqual(one)
    expect(await found(`${tag} ${seller}`)).toEqual(one)
    await rename('Another bakery')
    expect(await found(seller)).toEqual([])
    await rename(seller)
    await accepts(false)
    expect(await found(seller)).toEqual([])

    await database.transactions.run(async (tx) =>
      (await tx.markets.findForUpdate(market.id))!.edit({ status: 'closed' }, NOW),
    )
    expect(await found(tag)).toEqual([`Other ${tag}`])
  })

  it('a market is found by what a directory lists there and by what its accepted vendors sell, alone, in a place, with words, on a date', async () => {
    const tag = randomUUID().slice(0, 8)
    const { market, vendors, applications } = await aWorld(database, 1, { name: `Sold ${tag}`, city: tag })
    await aWorld(database, 0, {
      name: `Listed ${tag}`,
      city: tag,
      listing: { listedBy: 'a list', updatedOn: null, hours: [], products: ['baked goods'], payment: [] },
    })
    const city = normalizePlace(tag)
    const found = async (params: Partial<ListingParams>) => {
      const listed = await read((views) => views.marketListing({ page: 1, pageSize: 20, city, ...params }))
      return asListed(listed).markets.map(({ name, listed_products }) => [
        name.split(' ')[0],
        listed_products,
      ])
    }
    const sells = (products: readonly Product[]) =>
      database.transactions.run(async (tx) =>
        (await tx.vendors.findForUpdate(vendors[0]!.id))!.edit({ products }, NOW),
      )
    const listed = ['Listed', ['baked goods']]
    await sells(['baked goods', 'honey'])
    expect(await found({ product: 'baked goods' })).toEqual([listed])
    await database.transactions.run(async (tx) => {
      const locked = (await tx.markets.findForUpdate(market.id))!
      ;(await tx.applications.findForUpdate(applications[0]!.id))!.accept(locked, NOW)
      await tx.days.put(
        market.id,
        [{ date: '2026-05-02', opens: '08:00', closes: '13:00', note: '', status: 'planned' }],
        NOW,
      )
    })
    expect(await found({ product: 'baked goods' })).toEqual([listed, ['Sold', []]])
    expect(await found({ product: 'honey' })).toEqual([['Sold', []]])
    expect(await found({ product: 'soap' })).toEqual([])
    expect(await found({ product: 'baked goods', q: normalizePlace('listed') })).toEqual([listed])
    expect(await found({ product: 'honey', city: normalizePlace('nowhere') })).toEqual([])
    const on = (date: string) => ({ open: { from: date, to: date } })
    expect(await found({ product: 'baked goods', q: city, ...on('2026-05-02') })).toEqual([['Sold', []]])
    expect(await found({ product: 'baked goods', ...on('2026-05-03') })).toEqual([])
    await sells([])
    expect(await found({ product: 'honey' })).toEqual([])
  })

  it('vendors are listed once a market that is active accepts them, by name, and narrowed by words, product and market', async () => {
    const tag = randomUUID().slice(0, 8)
    const { market, vendors, applications } = await aWorld(database, 3, { name: tag })
    await database.transactions.run(async (tx) => {
      for (const [i, { id }] of vendors.entries()) {
        const vendor = (await tx.vendors.findForUpdate(id))!
        vendor.edit({ businessName: `${'CBa'[i]} ${tag}`, products: i === 2 ? ['honey'] : ['eggs'] }, NOW)
      }
    })
    const listing = async (params: Partial<VendorsParams>) => {
      const found = await read((views) => views.vendorListing({ page: 1, pageSize: 20, ...params }))
      const { more, uncounted, ...value } = found
      return { ...vendorListing.omit({ page: true, page_size: true }).parse(value), more, uncounted }
    }
    const q = normalizePlace(tag)
    expect(await listing({ q })).toMatchObject({ vendors: [], total: 0 })
    await database.transactions.run(async (tx) => {
      const locked = (await tx.markets.findForUpdate(market.id))!
      for (const { id } of applications) (await tx.applications.findForUpdate(id))!.accept(locked, NOW)
    })
    const names = async (params: Partial<VendorsParams>) =>
      (await listing(params)).vendors.map(({ business_name }) => business_name[0])
    expect(await listing({ q, pageSize: 1 })).toEqual({
      vendors: [
        {
          id: vendors[2]!.id,
          business_name: `a ${tag}`,
          category: 'bakery',
          description: 'Sourdough',
          products: ['honey'],
          market_count: 1,
        },
      ],
      total: 3,
      more: true,
      uncounted: false,
    })
    expect(await names({ q })).toEqual(['a', 'B', 'C'])
    expect(await names({ q, page: 2, pageSize: 2 })).toEqual(['C'])
    expect(await names({ q, product: 'eggs' })).toEqual(['B', 'C'])
    expect(await names({ market: market.id.toUpperCase() })).toEqual(['a', 'B', 'C'])
    expect(await names({ market: market.id, product: 'honey' })).toEqual(['a'])
    expect(await names({ market: market.id, q: normalizePlace('unheard') })).toEqual([])
    expect(await names({ market: randomUUID() })).toEqual([])
    expect((await listing({ product: 'honey', pageSize: 100 })).vendors.map(({ id }) => id)).toContain(
      vendors[2]!.id,
    )
    expect((await listing({ product: 'soap', pageSize: 100 })).vendors.map(({ id }) => id)).not.toContain(
      vendors[2]!.id,
    )
    await database.transactions.run(async (tx) =>
      (await tx.markets.findForUpdate(market.id))!.edit({ status: 'closed' }, NOW),
    )
    expect(await names({ q })).toEqual([])
    expect(await names({ market: market.id })).toEqual([])
  })

  it('a vendor’s page has the next days of the active markets that accepted it, each by its own clock', async () => {
    const organizer = anOrganizer()
    const vendor = aVendor()
    const place = (name: string, timeZone: string) => aMarket(organizer.id, { name, timeZone })
    const [here, there, closed, other] = [
      place('Auckland', 'Pacific/Auckland'),
      place('Chicago', 'America/Chicago'),
      place('Closed', 'America/Chicago'),
      place('Other', 'America/Chicago'),
    ] as const
    const day = (date: string, status: 'planned' | 'cancelled' = 'planned') => {
      return { date, opens: '08:00', closes: '13:00', note: '', status }
    }
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      tx.vendors.add(vendor)
      for (const market of [here, there, closed, other]) {
        market.edit({ status: 'active' }, NOW)
        tx.markets.add(market)
        const application = anApplication(market.id, vendor.id)
        if (market !== other) application.accept(market, NOW)
        tx.applications.add(application)
        const days = ['2026-05-01', '2026-05-02', '2026-05-04', '2026-05-05', '2026-05-06'].map((date) =>
          day(date),
        )
        await tx.days.put(market.id, [...days, day('2026-05-03', 'cancelled')], NOW)
      }
      closed.edit({ status: 'closed' }, NOW)
    })
    // Still the first of May in Chicago, and the second in Auckland.
    const found = await read((views) => views.vendorPage({ id: vendor.id, at: '2026-05-01T13:00:00.000Z' }))
    const { markets } = vendorPage.parse(found!.value)
    expect(markets.map(({ name, days }) => [name, ...days.map(({ date }) => date.slice(5))])).toEqual([
      ['Auckland', '05-02', '05-04', '05-05'],
      ['Chicago', '05-01', '05-02', '05-04'],
    ])
  })

  it('vendors are counted up to 200, and listed to the last one by number and behind a name, whatever they are narrowed by', async () => {
    const many = MOST_FOUND + 3
    const tag = `t${randomUUID().slice(0, 8)}`
    const organizer = anOrganizer()
    const market = aMarket(organizer.id, { stallCount: many })
    market.edit({ status: 'active' }, NOW)
    const vendors = Array.from({ length: many }, (_, n) => {
      const vendor = aVendor(`${n < 3 ? tag : 'Trees'} ${1000 + n}`)
      vendor.edit({ products: ['trees'] }, NOW)
      return vendor
    })
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      tx.markets.add(market)
      for (const vendor of vendors) {
        tx.vendors.add(vendor)
        const application = anApplication(market.id, vendor.id)
        application.accept(market, NOW)
        tx.applications.add(application)
      }
    })
    const page = (params: Partial<VendorsParams>) =>
      read((views) => views.vendorListing({ page: 1, pageSize: 100, product: 'trees', ...params }))
    expect(await page({})).toMatchObject({ total: MOST_FOUND, uncounted: true, more: true })
    const last = await page({ page: 3 })
    expect(last).toMatchObject({ total: MOST_FOUND, uncounted: true, more: false })
    expect(last.vendors).toHaveLength(3)
    const behind = async (params: Partial<VendorsParams>, name: string) => {
      const found = await page({ ...params, after: { name, id: randomUUID() } })
      return found.vendors.map(({ business_name }) => business_name.split(' ')[1])
    }
    const narrowing = { q: normalizePlace(tag), product: 'trees', market: market.id } as const
    for (const narrowed of [
      { q: narrowing.q },
      { q: narrowing.q, product: narrowing.product },
      { q: narrowing.q, market: narrowing.market },
      narrowing,
    ]) {
      expect(await behind(narrowed, `${tag} 1000a`)).toEqual(['1001', '1002'])
      const found = await page({ ...narrowed, page: 2, pageSize: 2 })
      expect(found).toMatchObject({ total: 3, more: false, vendors: [{ id: vendors[2]!.id }] })
    }
    expect(await behind({ market: market.id }, `Trees ${1000 + many - 2}a`)).toEqual([`${1000 + many - 1}`])
    expect(await behind({}, `Trees ${1000 + many - 2}a`)).toEqual([`${1000 + many - 1}`])
  })

  it('a vendor that a word begins twice is listed once', async () => {
    const tag = `t${randomUUID().slice(0, 8)}`
    const organizer = anOrganizer()
    const market = aMarket(organizer.id, { stallCount: 1 })
    market.edit({ status: 'active' }, NOW)
    const vendor = aVendor(`${tag}s ${tag}ers`)
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      tx.markets.add(market)
      tx.vendors.add(vendor)
      const application = anApplication(market.id, vendor.id)
      application.accept(market, NOW)
      tx.applications.add(application)
    })
    const found = await read((views) =>
      views.vendorListing({ page: 1, pageSize: 20, q: normalizePlace(tag) }),
    )
    expect(found).toMatchObject({ total: 1, vendors: [{ id: vendor.id }] })
    expect(found.vendors).toHaveLength(1)
  })

  it('a search finds the first 200 by name, and behind them what is in a place that is named', async () => {
    const tag = randomUUID().slice(0, 8)
    const organizer = anOrganizer()
    const named = (name: string, city: string) => {
      const market = aMarket(organizer.id, { name, city })
      market.edit({ status: 'active' }, NOW)
      return market
    }
    await database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      for (let i = 0; i < MOST_FOUND; i++) tx.markets.add(named(`${tag} ${1000 + i}`, 'Chicago'))
      tx.markets.add(named(`${tag} last`, `Behind ${tag}`))
    })
    const search = (page: number, places: PlaceParams = {}) =>
      read((views) => views.marketListing({ page, pageSize: 1, q: normalizePlace(tag), ...places }))
    expect((await search(MOST_FOUND))!.value).toMatchObject({
      total: MOST_FOUND,
      markets: [{ name: `${tag} ${999 + MOST_FOUND}` }],
    })
    expect((await search(1, { city: normalizePlace(`Behind ${tag}`) }))!.value).toMatchObject({
      total: 1,
      markets: [{ name: `${tag} last` }],
    })
  })

  it('a market’s applications, newest first', async () => {
    const { market, organizer, vendors } = await aWorld(database, 1)
    const newest = aVendor('Newest')
    const late = anApplication(market.id, newest.id, new Date(NOW.getTime() + 1))
    await database.transactions.run(async (tx) => {
      tx.vendors.add(newest)
      tx.applications.add(late)
      ;(await tx.applications.findForUpdate(late.id))!.waitlist(NOW)
    })
    await read(async (views) => {
      const all = await views.marketApplications({ id: market.id, page: 1, pageSize: 10 })
      expect(all?.visibleTo).toBe(organizer.id)
      const { applications, total } = marketApplications.parse(all?.value)
      expect(applications.map(({ vendor_id }) => vendor_id)).toEqual([newest.id, vendors[0]!.id])
      expect(total).toBe(2)
      const waiting = { id: market.id, status: 'waitlisted', page: 1, pageSize: 10 } as const
      expect((await views.marketApplications(waiting))?.value.applications).toEqual([
        expect.objectContaining({ id: late.id, status: 'waitlisted', waiting_position: 1 }),
      ])
      expect((await views.marketApplications({ ...waiting, status: 'withdrawn' }))?.value.total).toBe(0)
    })
  })

  it('vendor profile and dashboard', async () => {
    const { market, vendors } = await aDecidedWorld()
    const [accepted] = vendors
    const account = new Account({ ...anOrganizer(), role: 'vendor', vendorId: accepted!.id })
    await database.transactions.run(async (tx) => tx.accounts.add(account))
    const marketName = {
      id: market.id,
      slug: market.slug,
      name: market.name,
      city: market.city,
      region: 'IL',
      country: 'US',
    }
    await read(async (views) => {
      const profile = await views.vendorProfile(accepted!.id)
      expect(vendorProfile.parse(profile?.value)).toMatchObject({ id: accepted!.id, markets: [marketName] })
      const dashboard = await views.vendorDashboard(accepted!.id)
      expect(dashboard?.visibleTo).toBe(account.id)
      expect(vendorDashboard.parse(dashboard?.value)).toEqual({
        vendor_id: accepted!.id,
        applications: { pending: 0, waitlisted: 0, accepted: 1, rejected: 0, withdrawn: 0 },
        markets: [{ ...marketName, status: 'active' }],
      })
      expect((await views.vendorDashboard(vendors[3]!.id))?.visibleTo).toBe(vendors[3]!.id)
    })
    await database.transactions.run(async (tx) =>
      (await tx.markets.findForUpdate(market.id))!.edit({ status: 'closed' }, NOW),
    )
    await read(async (views) => {
      expect((await views.vendorProfile(accepted!.id))?.value.markets).toEqual([])
      expect((await views.vendorDashboard(accepted!.id))?.value.markets).toEqual([
        { ...marketName, status: 'closed' },
      ])
    })
  })

  it('organizer dashboard', async () => {
    const { organizer } = await aDecidedWorld(12)
    const found = await read((views) => views.organizerDashboard(organizer.id))
    expect(found?.visibleTo).toBe(organizer.id)
    const dashboard = organizerDashboard.parse(found?.value)
    expect(dashboard).toMatchObject({
      markets: { draft: 0, active: 1, closed: 0 },
      pending_applications: 9,
      vendors: 1,
    })
    expect(dashboard.recent_applications).toHaveLength(10)
  })

  it('nothing is found under ids that nothing has', async () => {
    const vendorAccount = new Account({ ...anOrganizer(), role: 'vendor', vendorId: aVendor().id })
    for (const id of [randomUUID(), 'nonsense', "'; drop table markets; --", vendorAccount.id]) {
      await read(async (views) => {
        expect(await views.marketDetail(id)).toBeUndefined()
        expect(await views.marketStats(id)).toBeUndefined()
        expect(await views.marketApplications({ id, page: 1, pageSize: 5 })).toBeUndefined()
        expect(await views.vendorProfile(id)).toBeUndefined()
        expect(await views.vendorDashboard(id)).toBeUndefined()
        expect(await views.organizerDashboard(id)).toBeUndefined()
        expect(await views.applicationDetail({ id, side: 'vendor' })).toBeUndefined()
        expect(await views.ownMarkets({ organizer: id, page: 1, pageSize: 5 })).toBeUndefined()
        expect(await views.ownApplications({ vendor: id, page: 1, pageSize: 5 })).toBeUndefined()
      })
    }
  })

  it('a write’s own views see what it has not committed yet; no other transaction does', async () => {
    const { market } = await aWorld(database, 0)
    await database.transactions.run(async (tx) => {
      const locked = (await tx.markets.findForUpdate(market.id))!
      locked.edit({ name: 'Renamed' }, NOW)
      expect((await tx.views.marketDetail(market.id))?.value.name).toBe('Renamed')
    })
  })

  it('a load that fails leaves nothing behind', async () => {
    const failing = read(async () => {
      throw new Error('a load that fails fails its reader')
    })
    await expect(failing).rejects.toThrow('fails its reader')
    expect(await read((views) => views.marketListing({ page: 1, pageSize: 1 }))).toBeDefined()
  })
})
