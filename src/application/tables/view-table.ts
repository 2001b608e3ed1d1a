import type { z } from 'zod'
import { normalizeCity } from '../../domain/market.ts'
import { joinKey } from '../consistency/cache-key.ts'
import type { Found, View } from '../consistency/view.ts'
import type { ApplicationsParams, ListingParams, PageParams, ViewQueries } from '../ports/view-queries.ts'
import { accountSession } from '../views/account-views.ts'
import { marketApplications } from '../views/application-views.ts'
import { type MarketListing, marketDetail, marketListing, marketStats } from '../views/market-views.ts'
import { organizerDashboard } from '../views/organizer-views.ts'
import { marketPage, marketsPage, sitemapIndex, sitemapPart } from '../views/page-views.ts'
import { vendorDashboard, vendorProfile } from '../views/vendor-views.ts'
import { canonicalId, type Tag, tags } from './tags.ts'

/** A view that is loaded from PostgreSQL, and depends on tags that there are. */
interface MarketflowView<P, T> extends View<P, T, ViewQueries> {
  readonly schema: z.ZodType<T>
  readonly tags: (params: P) => readonly Tag[]
}

export interface IdParams {
  readonly id: string
}

export interface SlugParams {
  readonly slug: string
}

/** Markets on a page of the public list. */
const MARKETS_PER_PAGE = 24
/** URLs in one part of the sitemap. The protocol allows 50,000; of these, a part is some 300 kB. */
export const URLS_PER_SITEMAP = 5000

function view<P, T>(definition: MarketflowView<P, T>): MarketflowView<P, T> {
  return definition
}

function listingTags({ city }: Pick<ListingParams, 'city'>): Tag[] {
  return [city === undefined ? tags.listings() : tags.cityListings(normalizeCity(city))]
}

/** A page of the listing. The first may be empty; any other is no page then. */
async function listedAt(queries: ViewQueries, params: ListingParams): Promise<Found<MarketListing>> {
  const found = await queries.marketListing(params)
  return params.page > 1 && found?.value.markets.length === 0 ? undefined : found
}

const MINUTE = 60

/** The table of design: every view's key, TTL, tags and schema. `event-tags.ts` is its other half. */
export const VIEWS = {
  marketListing: view({
    name: 'market-listing',
    ttlS: 5 * MINUTE,
    schema: marketListing,
    key: ({ page, pageSize, city }: ListingParams) =>
      city === undefined
        ? joinKey('markets', 'active', 'page', page, 'size', pageSize)
        : joinKey('markets', 'active', 'page', page, 'size', pageSize, 'city', normalizeCity(city)),
    tags: listingTags,
    load: (queries, params) => queries.marketListing(params),
  }),
  marketDetail: view({
    name: 'market-detail',
    ttlS: 5 * MINUTE,
    schema: marketDetail,
    key: ({ id }: IdParams) => joinKey('market', canonicalId(id), 'detail'),
    tags: ({ id }) => [tags.market(id)],
    load: (queries, { id }) => queries.marketDetail(id),
  }),
  marketStats: view({
    name: 'market-stats',
    ttlS: 2 * MINUTE,
    schema: marketStats,
    key: ({ id }: IdParams) => joinKey('stats', 'market', canonicalId(id)),
    tags: ({ id }) => [tags.marketStats(id)],
    load: (queries, { id }) => queries.marketStats(id),
  }),
  marketApplications: view({
    name: 'market-applications',
    ttlS: 2 * MINUTE,
    schema: marketApplications,
    key: ({ marketId, status, page, pageSize }: ApplicationsParams) =>
      joinKey(
        'market',
        canonicalId(marketId),
        'applications',
        'status',
        status ?? 'any',
        'page',
        page,
        'size',
        pageSize,
      ),
    tags: ({ marketId }) => [tags.marketApplications(marketId)],
    load: (queries, params) => queries.marketApplications(params),
  }),
  vendorProfile: view({
    name: 'vendor-profile',
    ttlS: 10 * MINUTE,
    schema: vendorProfile,
    key: ({ id }: IdParams) => joinKey('vendor', canonicalId(id), 'profile'),
    tags: ({ id }) => [tags.vendor(id)],
    load: (queries, { id }) => queries.vendorProfile(id),
  }),
  vendorDashboard: view({
    name: 'vendor-dashboard',
    ttlS: 2 * MINUTE,
    schema: vendorDashboard,
    key: ({ id }: IdParams) => joinKey('vendor', canonicalId(id), 'dashboard'),
    tags: ({ id }) => [tags.vendor(id)],
    load: (queries, { id }) => queries.vendorDashboard(id),
  }),
  organizerDashboard: view({
    name: 'organizer-dashboard',
    ttlS: 2 * MINUTE,
    schema: organizerDashboard,
    key: ({ id }: IdParams) => joinKey('organizer', canonicalId(id), 'dashboard'),
    tags: ({ id }) => [tags.organizer(id)],
    load: (queries, { id }) => queries.organizerDashboard(id),
  }),
  accountSession: view({
    name: 'account-session',
    ttlS: 10 * MINUTE,
    schema: accountSession,
    key: ({ id }: IdParams) => joinKey('account', canonicalId(id), 'session'),
    tags: ({ id }) => [tags.account(id)],
    load: (queries, { id }) => queries.accountSession(id),
    alwaysVerified: true,
  }),
  marketPage: view({
    name: 'market-page',
    ttlS: 15 * MINUTE,
    schema: marketPage,
    key: ({ slug }: SlugParams) => joinKey('page', 'market', slug),
    tags: ({ slug }) => [tags.marketPage(slug)],
    load: (queries, { slug }) => queries.marketPage(slug),
  }),
  marketsPage: view({
    name: 'markets-page',
    ttlS: 15 * MINUTE,
    schema: marketsPage,
    key: ({ page, city }: PageParams) =>
      city === undefined
        ? joinKey('page', 'markets', page)
        : joinKey('page', 'markets', page, 'city', normalizeCity(city)),
    tags: listingTags,
    load: async (queries, params) => {
      const found = await listedAt(queries, { ...params, pageSize: MARKETS_PER_PAGE })
      return found && { value: { ...found.value, city: params.city ?? null } }
    },
  }),
  sitemapIndex: view({
    name: 'sitemap-index',
    ttlS: 15 * MINUTE,
    schema: sitemapIndex,
    key: () => joinKey('page', 'sitemap', 'index'),
    tags: () => [tags.listings()],
    load: async (queries, _: object) => {
      const found = await queries.marketListing({ page: 1, pageSize: 1 })
      return found && { value: { total: found.value.total } }
    },
  }),
  sitemapPart: view({
    name: 'sitemap-part',
    ttlS: 15 * MINUTE,
    schema: sitemapPart,
    key: ({ part }: { readonly part: number }) => joinKey('page', 'sitemap', 'part', part),
    tags: () => [tags.listings()],
    load: async (queries, { part }) => {
      const found = await listedAt(queries, { page: part, pageSize: URLS_PER_SITEMAP })
      return found && { value: { slugs: found.value.markets.map(({ slug }) => slug) } }
    },
  }),
}

/** The longest TTL of any view, in seconds, before jitter. */
export const LONGEST_TTL_S = Math.max(...Object.values(VIEWS).map((each) => each.ttlS))
