import { expect, it } from 'vitest'
import { HtmlPages } from '../../../src/adapters/http/pages/html-pages.ts'
import { Reading } from '../../../src/application/consistency/reading.ts'
import { makeEntry } from '../../../src/application/consistency/representation.ts'
import { ListMarkets } from '../../../src/application/markets/market-reads.ts'
import { BrowseMarkets } from '../../../src/application/pages/page-reads.ts'
import type { MarketsNear, ViewQueries } from '../../../src/application/ports/view-queries.ts'
import type { Dependencies } from '../../../src/application/use-case/use-case.ts'
import type { MarketListing } from '../../../src/application/views/views.ts'
import type { PlaceKey } from '../../../src/domain/market.ts'

const POINT = { latitude: 45.52, longitude: -122.68 }

/** So many km north of the point, about. */
function aMarket(km: number): MarketListing['markets'][number] {
  return {
    id: crypto.randomUUID(),
    slug: `at-${km}`,
    name: `At ${km}`,
    city: 'Portland',
    region: 'OR',
    country: 'US',
    time_zone: '',
    stall_count: 3,
    vendor_count: 0,
    unclaimed: false,
    listed_products: [],
    latitude: POINT.latitude + km / 111.195,
    longitude: POINT.longitude,
  }
}

/** Answers from a cache that has what these rows make, and counts what is looked up. */
function over(found: MarketsNear) {
  const keys: string[] = []
  const reads = {
    read: async (view: typeof ListMarkets.view, params: never) => {
      keys.push(view.key(params))
      const entry = makeEntry(
        view,
        await view.load({ marketsNear: async () => found } as unknown as ViewQueries, params),
        {
          loadedAt: 0,
          loadMs: 1,
          jitter: 0.5,
        },
      )
      return new Reading(view, entry, { kind: 'hit', tier: 'l1', ttlS: 9 })
    },
  }
  const needs = {
    reads,
    renderer: new HtmlPages(undefined),
    clock: { now: () => 0 },
  } as unknown as Dependencies
  return { keys, list: ListMarkets(needs), browse: BrowseMarkets(needs) }
}

const MARKETS = [20, 3.04, 24.9, 25.2, 1].map(aMarket)

it('of what is kept for a cell each point is told what is near to it, the nearest first, with distances', async () => {
  const { list, keys } = over({ markets: MARKETS, left_out_km: null })
  const asked = async (latitude: number, page = 1, pageSize = 20) => {
    const reading = await list({ page, pageSize, near: { ...POINT, latitude } })
    return { reading, value: JSON.parse(reading.body.toString()) }
  }
  const { reading, value } = await asked(POINT.latitude)
  expect(value.markets.map((market: { distance_km: number }) => market.distance_km)).toEqual([1, 3, 20, 24.9])
  expect(value).toMatchObject({ total: 4, page: 1, page_size: 20, complete_to_km: 25 })
  expect(reading.encoded).toBeUndefined()
  const again = await asked(POINT.latitude)
  expect(again.reading.etag).toBe(reading.etag)
  const other = await asked(POINT.latitude + 0.01)
  expect(other.reading.etag).not.toBe(reading.etag)
  expect(other.value.total).toBe(5)
  const second = await asked(POINT.latitude, 2, 3)
  expect(second.value).toMatchObject({ markets: [{ slug: 'at-24.9' }], total: 4, page: 2, page_size: 3 })
  expect(new Set(keys).size).toBe(1)
})

it('where some are left out it is said up to where none is missing', async () => {
  const told = async (left_out_km: number | null) => {
    const { list } = over({ markets: MARKETS, left_out_km })
    const reading = await list({ page: 1, pageSize: 20, near: POINT, radiusKm: 10 })
    return JSON.parse(reading.body.toString()).complete_to_km
  }
  expect(await told(null)).toBe(10)
  expect(await told(6.28)).toBe(6.2)
  expect(await told(0)).toBe(0)
})

it('a page is made for each point of what is kept for its cell; beyond the last is the last', async () => {
  const { browse, keys } = over({ markets: MARKETS, left_out_km: null })
  const page = (await browse({ page: 7, near: POINT, radiusKm: 5 })).body.toString()
  expect(page).toContain('2 markets within 5 km')
  expect(page.indexOf('At 1<')).toBeLessThan(page.indexOf('At 3.04<'))
  expect(page).toContain('45.52,-122.68')
  await browse({ page: 1, near: { ...POINT, latitude: 45.53 }, radiusKm: 5 })
  expect(new Set(keys).size).toBe(1)
})

it.each([
  [{ radiusKm: 5 } as const, 'radius_km'],
  [{ near: POINT, city: 'portland' as PlaceKey }, 'city'],
  [{ near: POINT, q: 'bread' as PlaceKey }, 'q'],
  [{ near: POINT, country: 'us' as PlaceKey }, 'country'],
])('what does not go together is refused by its name (%j)', (asked, path) => {
  expect(() => ListMarkets.at({ page: 1, pageSize: 20, ...asked }, 0, '')).toThrow(
    expect.objectContaining({
      code: 'validation-failed',
      errors: [expect.objectContaining({ path: `query.${path}` })],
    }),
  )
})

it('a form says how far, also where it says no point', () => {
  expect(BrowseMarkets.at({ page: 1, radiusKm: 5 }, 0, '')).toEqual({ page: 1 })
})
