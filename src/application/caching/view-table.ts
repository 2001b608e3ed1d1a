import type { z } from 'zod'
import { normalizeCity } from '../../domain/market.ts'
import type { ApplicationsParams, Found, ListingParams, ViewQueries } from '../ports/view-queries.ts'
import { accountSession } from '../views/account-views.ts'
import { marketApplications } from '../views/application-views.ts'
import { marketDetail, marketListing, marketStats } from '../views/market-views.ts'
import { organizerDashboard } from '../views/organizer-views.ts'
import { vendorDashboard, vendorProfile } from '../views/vendor-views.ts'
import { canonicalId, joinKey, type Tag, tags } from './cache-key.ts'

/** What can be cached: a projection of the database under a key, with all it depends on. */
export interface View<P, T> {
  /** As metrics call it. */
  readonly name: string
  /** Seconds. Bounds memory and the damage of the unforeseen; freshness never depends on it. */
  readonly ttlS: number
  readonly schema: z.ZodType<T>
  readonly key: (params: P) => string
  /** A pure function of the parameters, never learnt from a result: a miss must know them too. */
  readonly tags: (params: P) => readonly Tag[]
  readonly load: (queries: ViewQueries, params: P) => Promise<Found<T>>
  /** It decides who may do what: with PostgreSQL out of reach it is not served unverified, whatever the settings say. */
  readonly alwaysVerified?: boolean
}

export interface IdParams {
  readonly id: string
}

function view<P, T>(definition: View<P, T>): View<P, T> {
  return definition
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
    tags: ({ city }) => [city === undefined ? tags.listings() : tags.cityListings(normalizeCity(city))],
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
}

/** The longest TTL of any view, in seconds, before jitter. */
export const LONGEST_TTL_S = Math.max(...Object.values(VIEWS).map((each) => each.ttlS))
