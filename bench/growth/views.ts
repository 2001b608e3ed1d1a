import type { ListingParams, VendorsParams, ViewQueries } from '../../src/application/ports/view-queries.ts'
import { cellName, cellOf, cellsWithin, type Point } from '../../src/domain/grid.ts'
import { normalizePlace } from '../../src/domain/market.ts'
import type { Product } from '../../src/domain/products.ts'
import {
  COUNTRY,
  DAYS,
  GROWING_CENTRE,
  GROWING_CITY,
  REGION,
  SMALL_CENTRE,
  SMALL_CITY,
  SOLD,
  TYPICAL,
} from './populate.ts'

export interface MeasuredView {
  readonly name: string
  readonly load: (views: ViewQueries) => Promise<unknown>
  /** The sizes with which there is anything to read: a small table has no page 10,000. */
  there(sizes: readonly number[]): readonly number[]
}

const PAGE_SIZE = 20
const { market: marketId, vendor, organizer } = TYPICAL

const view = (name: string, load: MeasuredView['load']): MeasuredView => ({
  name,
  load,
  there: (sizes) => sizes,
})

const list =
  (params: Partial<ListingParams>): MeasuredView['load'] =>
  (views) =>
    views.marketListing({ page: 1, pageSize: PAGE_SIZE, ...params })

/** Nine markets in ten are active, and so listed. */
const page = (number: number, params: Partial<ListingParams> = { page: number }, how = ''): MeasuredView => ({
  name: `list, page ${number.toLocaleString('en')}${how}`,
  load: list(params),
  there: (sizes) => sizes.filter((size) => 0.9 * size > (number - 1) * PAGE_SIZE),
})

/** Names begin with six random digits: behind so many ninths of them are two hundred thousand of nine. */
const BEHIND = { name: '38e38e', id: '00000000-0000-0000-0000-000000000000' }

const placeList = (name: string, places: Pick<ListingParams, 'city' | 'region' | 'country'>) =>
  view(`list of ${name}, page 1`, list(places))

const dateList = (name: string, params: Partial<ListingParams>) => view(`list by date: ${name}`, list(params))

const found = (by: string, q: string, city?: string) =>
  view(
    `list found by ${by}`,
    list({ q: normalizePlace(q), ...(city !== undefined && { city: normalizePlace(city) }) }),
  )

const near = (where: string, point: Point, radiusKm: number, date?: string) => {
  const cells = cellsWithin(cellOf(point), radiusKm).map((cell) => ({
    name: cellName(cell),
    nearKm: cell.nearKm,
  }))
  return view(`list near: ${where}`, (views) =>
    views.marketsNear({ cells, ...(date !== undefined && on(date)) }),
  )
}

const sold = (how: string, product: Product, params: Partial<ListingParams> = {}) =>
  view(`list by product: ${how}`, list({ product, ...params }))

const vendors = (how: string, params: Partial<VendorsParams> = {}) =>
  view(`list of vendors: ${how}`, (views) => views.vendorListing({ page: 1, pageSize: PAGE_SIZE, ...params }))

const on = (date: string) => ({ open: { from: date, to: date } })
const [growing, small] = [{ city: normalizePlace(GROWING_CITY) }, { city: normalizePlace(SMALL_CITY) }]
const [region, country] = [{ region: normalizePlace(REGION) }, { country: normalizePlace(COUNTRY) }]

export const FIRST_PAGE = page(1)

export const VIEWS: readonly MeasuredView[] = [
  FIRST_PAGE,
  page(40),
  page(100),
  page(10_000),
  page(10_000, { after: BEHIND }, ', by cursor'),
  placeList('a city of 100 markets', small),
  placeList('a city with a twentieth of all', growing),
  placeList('a region', region),
  placeList('a country', country),
  dateList('one of three in ten', on(DAYS.first)),
  dateList('one of 20 markets', on(DAYS.rare)),
  dateList('one of none', on('2026-08-01')),
  dateList('seven', { open: { from: DAYS.first, to: DAYS.last } }),
  dateList('one, in a city of 100', { ...on(DAYS.small), ...small }),
  dateList('one, in a city with a twentieth of all', { ...on(DAYS.growing), ...growing }),
  dateList('one, in a region', { ...on(DAYS.small), ...region }),
  dateList('seven, in a country', { open: { from: DAYS.first, to: DAYS.last }, ...country }),
  dateList('today, by each market’s clock', {
    open: { relative: 'today', at: `${DAYS.first}T20:00:00.000Z` },
  }),
  dateList('one, by cursor', { ...on(DAYS.first), after: BEHIND }),
  found('a word of 20 markets', 'typical'),
  found('a word that all have', 'market'),
  found('the beginning of a word that all have, in a city of 100', 'farm', SMALL_CITY),
  found('two words, of all and of a twentieth', 'market chicago'),
  found('a vendor of 19 markets', 'bread'),
  found('a word that all vendors have', 'vendor'),
  found('a word of none', 'nowhere'),
  near('a town of 100, within 25 km', SMALL_CENTRE, 25),
  near('a city with a twentieth of all, within 5 km', GROWING_CENTRE, 5),
  near('a city with a twentieth of all, within 50 km', GROWING_CENTRE, 50),
  near('a city with a twentieth of all, on a date of all its markets', GROWING_CENTRE, 25, DAYS.growing),
  near('a city with a twentieth of all, on a date of none', GROWING_CENTRE, 25, DAYS.first),
  sold('of all vendors', SOLD.byAll),
  sold('of a tenth of them', SOLD.byATenth),
  sold('of those at 20 markets', SOLD.byFew),
  sold('of a tenth of them, in a city of 100', SOLD.byATenth, small),
  sold('of a tenth of them, in a city with a twentieth of all', SOLD.byATenth, growing),
  sold('of a tenth of them, in a country', SOLD.byATenth, country),
  sold('of all vendors, on one of three in ten dates', SOLD.byAll, on(DAYS.first)),
  vendors('all'),
  // One vendor for ten markets sells anywhere.
  {
    ...vendors('page 10', { page: 10 }),
    there: (sizes) => sizes.filter((size) => size / 10 > 9 * PAGE_SIZE),
  },
  vendors('by cursor', { after: { name: 'vendor 4', id: BEHIND.id } }),
  vendors('of a product of all', { product: SOLD.byAll }),
  vendors('of a product of a tenth', { product: SOLD.byATenth }),
  vendors('of a product of a few', { product: SOLD.byFew }),
  vendors('of a product of those who sell nowhere', { product: SOLD.nowhere }),
  vendors('found by a word of one', { q: normalizePlace('bread') }),
  vendors('found by a word of all', { q: normalizePlace('vendor') }),
  vendors('of a market', { market: marketId }),
  view('own markets', (views) => views.ownMarkets({ organizer, page: 1, pageSize: PAGE_SIZE })),
  view('own applications', (views) => views.ownApplications({ vendor, page: 1, pageSize: PAGE_SIZE })),
  view('market with its vendors', (views) => views.marketDetail(marketId)),
  view('market as a page', (views) => views.marketPage({ slug: 'typical-1', today: '2026-05-02' })),
  view('market’s counts', (views) => views.marketStats(marketId)),
  view('market’s applications', (views) =>
    views.marketApplications({ id: marketId, page: 1, pageSize: PAGE_SIZE }),
  ),
  view('vendor’s page', (views) => views.vendorPage({ id: vendor, at: `${DAYS.first}T20:00:00.000Z` })),
  view('vendor’s profile', (views) => views.vendorProfile(vendor)),
  view('vendor’s dashboard', (views) => views.vendorDashboard(vendor)),
  view('organizer’s dashboard', (views) => views.organizerDashboard(organizer)),
]
