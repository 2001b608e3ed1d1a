import { joinKey } from '../consistency/cache-key.ts'
import type { Found } from '../consistency/view.ts'
import { listingTags, narrowed } from '../markets/market-reads.ts'
import type { ListingParams, PageParams, ViewQueries } from '../ports/view-queries.ts'
import { tags } from '../tables/tags.ts'
import { MINUTE, read } from '../use-case/read.ts'
import type { MarketListing } from '../views/views.ts'
import { marketPage, marketsPage, sitemapIndex, sitemapPart } from '../views/views.ts'

/** Markets on a page of the public list. */
const MARKETS_PER_PAGE = 24
/** URLs in one part of the sitemap. The protocol allows 50,000; of these, a part is some 300 kB. */
export const URLS_PER_SITEMAP = 5000

/** A page of the listing. The first may be empty; any other is no page then. */
async function listedAt(queries: ViewQueries, params: ListingParams): Promise<Found<MarketListing>> {
  const found = await queries.marketListing(params)
  return params.page > 1 && found?.value.markets.length === 0 ? undefined : found
}

/** The public list of markets, as text. */
export const BrowseMarkets = read({
  name: 'markets-page',
  ttlS: 15 * MINUTE,
  schema: marketsPage,
  key: ({ page, ...places }: PageParams) => narrowed(joinKey('page', 'markets', page), places),
  tags: listingTags,
  load: async (queries, params) => {
    const found = await listedAt(queries, { ...params, pageSize: MARKETS_PER_PAGE })
    const { city = null, region = null, country = null } = params
    return found && { value: { ...found.value, city, region, country } }
  },
  page: (renderer, value) => renderer.markets(value),
  audience: 'everybody',
})

/** The public page of one market, as text. A draft has none, not even for its organizer, who reads the API. */
export const ShowMarket = read({
  name: 'market-page',
  ttlS: 15 * MINUTE,
  schema: marketPage,
  key: ({ slug }: { readonly slug: string }) => joinKey('page', 'market', slug),
  tags: ({ slug }) => [tags.marketPage(slug)],
  load: (queries, { slug }) => queries.marketPage(slug),
  page: (renderer, value) => renderer.market(value),
  audience: 'everybody',
  missing: 'market-not-found',
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
