import { joinKey } from '../consistency/cache-key.ts'
import type { IdParams, ListingParams, OwnMarketsParams, PlaceParams } from '../ports/view-queries.ts'
import { canonicalId, type Tag, tags } from '../tables/tags.ts'
import { MINUTE, read } from '../use-case/read.ts'
import { marketDetail, marketListing, marketStats, ownMarkets } from '../views/views.ts'

/** What a list of active markets depends on: of the places that it is narrowed to, the narrowest. */
export function listingTags({ city, region, country }: PlaceParams): Tag[] {
  if (city !== undefined) return [tags.cityListings(city)]
  if (region !== undefined) return [tags.regionListings(region)]
  return [country === undefined ? tags.listings() : tags.countryListings(country)]
}

/** The end of a list's key: the places that it is narrowed to, if any. */
export function narrowed(key: string, { city, region, country }: PlaceParams): string {
  let narrower = key
  if (country !== undefined) narrower += `:${joinKey('country', country)}`
  if (region !== undefined) narrower += `:${joinKey('region', region)}`
  if (city !== undefined) narrower += `:${joinKey('city', city)}`
  return narrower
}

/** The public list of active markets, by name then id. */
export const ListMarkets = read({
  name: 'market-listing',
  ttlS: 5 * MINUTE,
  schema: marketListing,
  key: ({ page, pageSize, ...places }: ListingParams) =>
    narrowed(joinKey('markets', 'active', 'page', page, 'size', pageSize), places),
  tags: listingTags,
  load: (queries, params) => queries.marketListing(params),
  audience: 'everybody',
})

/** One market with its vendors; a draft only for its organizer. */
export const GetMarket = read({
  name: 'market-detail',
  ttlS: 5 * MINUTE,
  schema: marketDetail,
  key: ({ id }: IdParams) => joinKey('market', canonicalId(id), 'detail'),
  tags: ({ id }) => [tags.market(id)],
  load: (queries, { id }) => queries.marketDetail(id),
  audience: 'by-account',
  missing: 'market-not-found',
})

/** An organizer's own markets, drafts too, newest first. */
export const ListOwnMarkets = read({
  name: 'own-markets',
  ttlS: 2 * MINUTE,
  schema: ownMarkets,
  key: ({ organizer, status, page, pageSize }: OwnMarketsParams) => {
    const markets = joinKey('organizer', canonicalId(organizer), 'markets')
    return `${markets}:${joinKey('status', status ?? 'any', 'page', page, 'size', pageSize)}`
  },
  tags: ({ organizer }) => [tags.organizer(organizer)],
  load: (queries, params) => queries.ownMarkets(params),
  audience: 'organizer',
  missing: 'organizer-not-found',
})

/** A market's stalls and applications in numbers; a draft's only for its organizer. */
export const GetMarketStats = read({
  name: 'market-stats',
  ttlS: 2 * MINUTE,
  schema: marketStats,
  key: ({ id }: IdParams) => joinKey('stats', 'market', canonicalId(id)),
  tags: ({ id }) => [tags.marketStats(id)],
  load: (queries, { id }) => queries.marketStats(id),
  audience: 'by-account',
  missing: 'market-not-found',
})
