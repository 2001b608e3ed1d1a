import { dateAt } from '../../domain/season.ts'
import { joinKey } from '../consistency/cache-key.ts'
import type { Found } from '../consistency/view.ts'
import { isUnbounded, listed, listingTags, narrowed } from '../markets/market-reads.ts'
import { type AskedNear, narrowedTo, nearest, nearKey } from '../markets/near-markets.ts'
import { datesAsked, mapped, openKey, quarterOf, relativeTo, withInstants } from '../markets/open-days.ts'
import type {
  IdParams,
  ListingParams,
  MarketPageParams,
  Near,
  OpenOn,
  PageParams,
  VendorPageParams,
  VendorsParams,
  ViewQueries,
} from '../ports/view-queries.ts'
import { canonicalId, carried, tags } from '../tables/tags.ts'
import { type MarketflowView, MINUTE, read } from '../use-case/read.ts'
import {
  isUnboundedOfVendors,
  vendorListTags,
  vendorsListed,
  vendorsNarrowed,
} from '../vendors/vendor-reads.ts'
import type { MarketListing, MarketsPage, MarketZone } from '../views/views.ts'
import {
  marketCalendar,
  marketPage,
  marketsPage,
  marketZone,
  sitemapIndex,
  sitemapPart,
  vendorPage,
  vendorsPage,
} from '../views/views.ts'

/** Markets, or vendors, on a page of a public list. */
const MARKETS_PER_PAGE = 24
/** URLs in one part of the sitemap. The protocol allows 50,000; of these, a part is some 300 kB. */
export const URLS_PER_SITEMAP = 5000

/** A page of the listing. The first may be empty; any other is no page then. */
async function listedAt(queries: ViewQueries, params: ListingParams): Promise<Found<MarketListing>> {
  const found = await listed(queries, params)
  return params.page > 1 && params.near === undefined && found?.value.markets.length === 0 ? undefined : found
}

/** A day is a date, or one that each market's clock decides. */
export const RELATIVE_DAYS = ['today', 'weekend'] as const
type PageAsked = Omit<PageParams, 'open' | 'near'> & AskedNear & { readonly day?: string }

function isRelative(day: string): day is (typeof RELATIVE_DAYS)[number] {
  return RELATIVE_DAYS.some((each) => each === day)
}

function dayOf(open: OpenOn | undefined): string | null {
  if (open === undefined) return null
  return 'at' in open ? open.relative : open.from
}

/** Beyond the last page is the last: whether there is one is known outside the cache alone. */
function pageNear(shared: MarketsPage, near: Near, page: number): MarketsPage {
  const { latitude, longitude } = near.point
  const at = (page: number) => nearest(shared, { near, page, pageSize: MARKETS_PER_PAGE })
  const { total } = at(1)
  return {
    ...at(Math.min(page, Math.max(1, Math.ceil(total / MARKETS_PER_PAGE)))),
    near: { point: `${latitude},${longitude}`, radius_km: near.radiusKm },
  }
}

/** The public list of markets, as text. */
export const BrowseMarkets = read({
  at: ({ day, page, radiusKm, ...asked }: PageAsked, now): PageParams => {
    const open = day && (isRelative(day) ? relativeTo(now, day) : datesAsked({ on: day }, now))
    // A form sends how far, also where it does not say from where.
    const narrowed = narrowedTo(asked.near && radiusKm ? { ...asked, radiusKm } : asked)
    return { page, ...narrowed, ...(open && { open }) }
  },
  name: 'markets-page',
  ttlS: 15 * MINUTE,
  schema: marketsPage,
  key: ({ page, near, ...places }: PageParams) =>
    near === undefined
      ? narrowed(joinKey('page', 'markets', page), places)
      : openKey(nearKey(joinKey('page', 'markets'), near), places.open),
  tags: listingTags,
  unbounded: isUnbounded,
  load: async (queries, params) => {
    const found = await listedAt(queries, { ...params, pageSize: MARKETS_PER_PAGE })
    const { city = null, region = null, country = null, q = null, product = null } = params
    const { page } = params
    const near = params.near === undefined ? null : { point: null, radius_km: params.near.radiusKm }
    const day = dayOf(params.open)
    return found && { value: { ...found.value, page, city, region, country, q, product, near, day } }
  },
  answer: ({ near, page }) => near && ((shared) => pageNear(shared, near, page)),
  // What is kept for all points of a cell is no page yet.
  page: (renderer, value) => (value.near?.point === null ? JSON.stringify(value) : renderer.markets(value)),
  audience: 'everybody',
})

/** Where a market's clock stands, by its slug. */
export const PAGE_ZONE: MarketflowView<{ readonly slug: string }, MarketZone> = {
  name: 'page-zone',
  ttlS: 15 * MINUTE,
  schema: marketZone,
  key: ({ slug }) => joinKey('page', 'market', slug, 'zone'),
  tags: ({ slug }) => carried([tags.marketPage(slug)]),
  load: (queries, { slug }) => queries.marketZone({ slug }),
}

/** The public page of one market, as text. A draft has none, not even for its organizer, who reads the API. */
export const ShowMarket = read({
  name: 'market-page',
  ttlS: 15 * MINUTE,
  schema: marketPage,
  zone: PAGE_ZONE,
  at: ({ slug }: { readonly slug: string }, now, timeZone): MarketPageParams => ({
    slug,
    today: dateAt(now, timeZone),
  }),
  key: ({ slug, today }: MarketPageParams) => joinKey('page', 'market', slug, today),
  tags: ({ slug }) => [tags.marketPage(slug)],
  load: async (queries, params) =>
    mapped(await queries.marketPage(params), (value) => {
      const [night = null] = withInstants(value.night === null ? [] : [value.night], value.time_zone)
      return { ...value, days: withInstants(value.days, value.time_zone), night }
    }),
  page: (renderer, value) => renderer.market(value),
  audience: 'everybody',
  missing: 'market-not-found',
})

/** All days of a market, for calendars: nothing of it depends on when it is asked for. */
export const ShowCalendar = read({
  name: 'market-calendar',
  ttlS: 15 * MINUTE,
  schema: marketCalendar,
  key: ({ slug }: { readonly slug: string }) => joinKey('page', 'market', slug, 'calendar'),
  tags: ({ slug }) => [tags.marketPage(slug)],
  load: async (queries, { slug }) =>
    mapped(await queries.marketCalendar(slug), (value) => ({
      ...value,
      days: withInstants(value.days, value.time_zone),
    })),
  page: (renderer, value) => renderer.calendar(value),
  audience: 'everybody',
  missing: 'market-not-found',
})

/** The public list of vendors, as text. */
export const BrowseVendors = read({
  name: 'vendors-page',
  ttlS: 15 * MINUTE,
  schema: vendorsPage,
  key: (params: Omit<VendorsParams, 'pageSize' | 'market' | 'after'>) =>
    vendorsNarrowed(joinKey('page', 'vendors', params.page), params),
  tags: vendorListTags,
  unbounded: isUnboundedOfVendors,
  load: async (queries, params) => {
    const found = await vendorsListed(queries, { ...params, pageSize: MARKETS_PER_PAGE })
    const { page, q = null, product = null } = params
    return page > 1 && found.vendors.length === 0 ? undefined : { value: { ...found, page, q, product } }
  },
  page: (renderer, value) => renderer.vendors(value),
  audience: 'everybody',
})

/** The public page of one vendor, as text: its markets may stand in several zones, and each has its own date. */
export const ShowVendor = read({
  name: 'vendor-page',
  ttlS: 15 * MINUTE,
  schema: vendorPage,
  at: ({ id }: IdParams, now): VendorPageParams => ({ id, at: quarterOf(now) }),
  key: ({ id, at }: VendorPageParams) => joinKey('page', 'vendor', canonicalId(id), at),
  tags: ({ id }) => [tags.vendor(id)],
  load: (queries, params) => queries.vendorPage(params),
  page: (renderer, value) => renderer.vendor(value),
  audience: 'everybody',
  missing: 'vendor-not-found',
})

/** What search engines are told of first: how many parts the sitemap has. */
export const ShowSitemap = read({
  name: 'sitemap-index',
  ttlS: 15 * MINUTE,
  schema: sitemapIndex,
  key: () => joinKey('page', 'sitemap', 'index'),
  tags: () => [tags.listings()],
  load: async (queries, _: object) => {
    const found = await queries.marketListing({ page: 1, pageSize: 1 })
    return found && { value: { total: found.value.total } }
  },
  page: (renderer, value) => renderer.sitemapIndex(value),
  audience: 'everybody',
})

/** A part of the sitemap: the addresses of some of the active markets. */
export const ShowSitemapPart = read({
  name: 'sitemap-part',
  ttlS: 15 * MINUTE,
  schema: sitemapPart,
  key: ({ part }: { readonly part: number }) => joinKey('page', 'sitemap', 'part', part),
  tags: () => [tags.listings()],
  load: async (queries, { part }) => {
    const found = await listedAt(queries, { page: part, pageSize: URLS_PER_SITEMAP })
    return found && { value: { slugs: found.value.markets.map(({ slug }) => slug) } }
  },
  page: (renderer, value) => renderer.sitemapPart(value),
  audience: 'everybody',
})
