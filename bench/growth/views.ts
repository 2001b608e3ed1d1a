import type { ViewQueries } from '../../src/application/ports/view-queries.ts'
import { normalizePlace } from '../../src/domain/market.ts'
import { GROWING_CITY, SMALL_CITY, TYPICAL } from './populate.ts'

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

/** Nine markets in ten are active, and so listed. */
const page = (number: number): MeasuredView => ({
  name: `list, page ${number.toLocaleString('en')}`,
  load: (views) => views.marketListing({ page: number, pageSize: PAGE_SIZE }),
  there: (sizes) => sizes.filter((size) => 0.9 * size > (number - 1) * PAGE_SIZE),
})

const cityList = (name: string, city: string) =>
  view(`list of ${name}, page 1`, (views) =>
    views.marketListing({ page: 1, pageSize: PAGE_SIZE, city: normalizePlace(city) }),
  )

const found = (by: string, q: string, city?: string) =>
  view(`list found by ${by}`, (views) =>
    views.marketListing({
      page: 1,
      pageSize: PAGE_SIZE,
      q: normalizePlace(q),
      ...(city !== undefined && { city: normalizePlace(city) }),
    }),
  )

export const FIRST_PAGE = page(1)

export const VIEWS: readonly MeasuredView[] = [
  FIRST_PAGE,
  page(40),
  page(100),
  page(10_000),
  cityList('a city of 100 markets', SMALL_CITY),
  cityList('a city with a twentieth of all', GROWING_CITY),
  found('a word of 20 markets', 'typical'),
  found('a word that all have', 'market'),
  found('the beginning of a word that all have, in a city of 100', 'farm', SMALL_CITY),
  found('two words, of all and of a twentieth', 'market chicago'),
  found('a vendor of 19 markets', 'bread'),
  found('a word that all vendors have', 'vendor'),
  found('a word of none', 'nowhere'),
  view('market with its vendors', (views) => views.marketDetail(marketId)),
  view('market as a page', (views) => views.marketPage({ slug: 'typical-1', today: '2026-05-02' })),
  view('market’s counts', (views) => views.marketStats(marketId)),
  view('market’s applications', (views) =>
    views.marketApplications({ id: marketId, page: 1, pageSize: PAGE_SIZE }),
  ),
  view('vendor’s profile', (views) => views.vendorProfile(vendor)),
  view('vendor’s dashboard', (views) => views.vendorDashboard(vendor)),
  view('organizer’s dashboard', (views) => views.organizerDashboard(organizer)),
]
