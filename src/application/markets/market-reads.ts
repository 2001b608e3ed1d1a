import { dateAt, plusDays } from '../../domain/season.ts'
import { joinKey } from '../consistency/cache-key.ts'
import type { Found } from '../consistency/view.ts'
import type {
  Counted,
  DaysParams,
  IdParams,
  ListingParams,
  NamePosition,
  Near,
  OpenOn,
  OwnMarketsParams,
  SearchParams,
  ViewQueries,
} from '../ports/view-queries.ts'
import { cursorAfter, placeOf } from '../tables/cursor.ts'
import { canonicalId, carried, type Tag, tags } from '../tables/tags.ts'
import { type MarketflowView, MINUTE, read } from '../use-case/read.ts'
import {
  type MarketListing,
  type MarketZone,
  marketDays,
  marketDetail,
  marketListing,
  marketStats,
  marketZone,
  ownMarkets,
} from '../views/views.ts'
import { type AskedNear, inReach, narrowedTo, nearest, nearKey, nearTags } from './near-markets.ts'
import {
  type AskedDays,
  assertSpan,
  datesAsked,
  mapped,
  openKey,
  openTags,
  refuse,
  withInstants,
} from './open-days.ts'

/**
 * What a list of active markets depends on: of the places that it is narrowed to, the narrowest; its dates, and who sells
 * there. What is found depends on every active market, too: where more have a word than are looked through, one elsewhere
 * changes which of them those are.
 */
export function listingTags({
  city,
  region,
  country,
  open,
  q,
  product,
  near,
}: SearchParams & { readonly open?: OpenOn; readonly near?: Near }): Tag[] {
  const dates = openTags(open)
  if ((q ?? product) !== undefined) return [tags.listings(), tags.vendorListings(), ...dates]
  if (near !== undefined) return [...nearTags(near), ...dates]
  if (city !== undefined) return [tags.cityListings(city), ...dates]
  if (region !== undefined) return [tags.regionListings(region), ...dates]
  return [country === undefined ? tags.listings() : tags.countryListings(country), ...dates]
}

/** The end of a list's key: what it is narrowed to, if anything. */
export function narrowed(
  key: string,
  { city, region, country, open, q, product }: SearchParams & { readonly open?: OpenOn },
): string {
  let narrower = openKey(key, open)
  if (q !== undefined) narrower += `:${joinKey('q', q)}`
  if (product !== undefined) narrower += `:${joinKey('product', product)}`
  if (country !== undefined) narrower += `:${joinKey('country', country)}`
  if (region !== undefined) narrower += `:${joinKey('region', region)}`
  if (city !== undefined) narrower += `:${joinKey('city', city)}`
  return narrower
}

/** As deep as pages are bounded in number. */
export const FIRST_PAGES = 10

/** Whether strangers choose what a list is narrowed to, or how deep it is looked into. */
export function isUnbounded({
  page,
  after,
  city,
  region,
  q,
  product,
  open,
  near,
}: Omit<ListingParams, 'pageSize'>): boolean {
  return page > FIRST_PAGES || (after ?? city ?? region ?? q ?? product ?? open ?? near) !== undefined
}

/** What tells a list from every other, for its cursors. */
export function listOf(narrowing: Omit<ListingParams, 'page' | 'pageSize'>): string {
  return narrowed('markets', narrowing)
}

/** A page of a list, its days with their instants. */
export async function listed(queries: ViewQueries, params: ListingParams): Promise<Found<MarketListing>> {
  const { near, open } = params
  if (near !== undefined) return mapped(await inReach(queries, near, open), daysWithInstants)
  return mapped(await queries.marketListing(params), ({ markets, ...counted }) =>
    daysWithInstants({ markets, ...pageOf(listOf(params), params, counted, markets.at(-1)) }),
  )
}

interface Asked {
  readonly page: number
  readonly pageSize: number
  readonly after?: NamePosition
}

/** What a page says of its list; behind the last one on it is the next. */
export function pageOf(
  list: string,
  { page, pageSize, after }: Asked,
  { more, uncounted, total }: Counted,
  last: NamePosition | undefined,
) {
  const next = more && last !== undefined ? cursorAfter(list, last) : undefined
  return {
    ...(uncounted && { total_is_minimum: uncounted }),
    ...(next !== undefined && { next_cursor: next }),
    total,
    ...(after === undefined && { page }),
    page_size: pageSize,
  }
}

function daysWithInstants(listing: MarketListing): MarketListing {
  const markets = listing.markets.map((market) =>
    market.days === undefined ? market : { ...market, days: withInstants(market.days, market.time_zone) },
  )
  return { ...listing, markets }
}

type ListingAsked = Omit<ListingParams, 'open' | 'after' | 'near'> &
  AskedDays &
  AskedNear & { readonly cursor?: string }

/** @throws MarketflowError `validation-failed` for what is no cursor of this list, or is given beside a number */
export function behind(list: string, cursor: string, page: number, expected: string): NamePosition {
  if (page !== 1) return refuse('page', 'expected without cursor')
  return placeOf(list, cursor) ?? refuse('cursor', expected)
}

export const CURSOR_EXPECTED =
  'expected a cursor as an answer of this list tells it, with the same places, dates, words and product'

/** The public list of active markets, by name then id; near a point, the nearest first. */
export const ListMarkets = read({
  at: ({ on, from, to, cursor, page, pageSize, ...asked }: ListingAsked, now): ListingParams => {
    const open = datesAsked({ ...(on && { on }), ...(from && { from }), ...(to && { to }) }, now)
    const params: ListingParams = { page, pageSize, ...narrowedTo(asked), ...(open && { open }) }
    if (cursor === undefined) return params
    if (params.near !== undefined) return refuse('cursor', 'expected without near')
    return { ...params, after: behind(listOf(params), cursor, page, CURSOR_EXPECTED) }
  },
  name: 'market-listing',
  ttlS: 5 * MINUTE,
  schema: marketListing,
  key: ({ page, pageSize, after, near, ...places }: ListingParams) => {
    if (near !== undefined) return openKey(nearKey(joinKey('markets', 'active'), near), places.open)
    const place = after === undefined ? joinKey('page', page) : joinKey('after', after.name, after.id)
    return narrowed(`${joinKey('markets', 'active')}:${place}:${joinKey('size', pageSize)}`, places)
  },
  tags: listingTags,
  unbounded: isUnbounded,
  load: listed,
  answer: ({ near, ...page }) => near && ((shared) => nearest(shared, { ...page, near })),
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

/** Where a market's clock stands. Not for clients: a draft's, too. */
export const MARKET_ZONE: MarketflowView<IdParams, MarketZone> = {
  name: 'market-zone',
  ttlS: 15 * MINUTE,
  schema: marketZone,
  key: ({ id }) => joinKey('market', canonicalId(id), 'zone'),
  tags: ({ id }) => carried([tags.marketDays(id)]),
  load: (queries, { id }) => queries.marketZone({ id }),
}

/** As many days as are shown unless others are asked for. */
const DAYS_AHEAD = 90

/** The days on which a market opens, from today on unless others are asked for; a draft's only for its organizer. */
export const ListDays = read({
  name: 'market-days',
  ttlS: 15 * MINUTE,
  schema: marketDays,
  zone: MARKET_ZONE,
  at: ({ id, from, to }: IdParams & Partial<DaysParams>, now, timeZone): DaysParams => {
    const first = from ?? dateAt(now, timeZone)
    const last = to ?? plusDays(first, DAYS_AHEAD)
    // Without an end it may lead beyond what may be asked for: the number of keys is the same.
    assertSpan(first, to ?? first, now)
    return { id, from: first, to: last }
  },
  key: ({ id, from, to }: DaysParams) => joinKey('market', canonicalId(id), 'days', from, to),
  tags: ({ id }) => [tags.marketDays(id)],
  load: async (queries, params) =>
    mapped(await queries.marketDays(params), (value) => ({
      ...value,
      days: withInstants(value.days, value.time_zone),
    })),
  audience: 'by-account',
  missing: 'market-not-found',
})
