import type { Role } from '../../domain/account.ts'
import type { Point } from '../../domain/grid.ts'
import type { MarketStatus, PlaceKey } from '../../domain/market.ts'
import type { Product } from '../../domain/products.ts'
import type { ApplicationStatus } from '../../domain/vendor-application.ts'
import type { Snapshots as SnapshotsOf } from '../consistency/ports/database.ts'
import type { Found } from '../consistency/view.ts'
import type {
  AccountDetail,
  AccountSession,
  ApplicationDetail,
  MarketApplications,
  MarketCalendar,
  MarketDays,
  MarketDetail,
  MarketListing,
  MarketPage,
  MarketStats,
  MarketZone,
  OrganizerDashboard,
  OwnMarkets,
  VendorDashboard,
  VendorListing,
  VendorPage,
  VendorProfile,
} from '../views/views.ts'

export interface IdParams {
  readonly id: string
}

/** Each narrows a list of markets; absent for all. */
export interface PlaceParams {
  readonly city?: PlaceKey
  readonly region?: PlaceKey
  readonly country?: PlaceKey
}

/**
 * When the markets of a list are open: on any of these dates, or, where a market's own clock decides which date it is,
 * at this moment (ISO 8601).
 */
export type OpenOn =
  | { readonly from: string; readonly to: string }
  | { readonly relative: 'today' | 'weekend'; readonly at: string }

/** What a market is found by. */
export interface SearchParams extends PlaceParams {
  /** Words of its name, its place or of those who sell there, each whole or the beginning of one, as places are compared. */
  readonly q?: PlaceKey
  /** What a directory lists there, or one of those who sell there sells. */
  readonly product?: Product
}

/** Behind the market, or the vendor, of this name and id, in the order of names. */
export interface NamePosition {
  readonly name: string
  readonly id: string
}

/**
 * As many markets, or vendors, as are found by words, by a product, or near a point: of more, those that come first by
 * name, or are nearest.
 */
export const MOST_FOUND = 200

/** As many as are counted of a list whose length is not kept. */
export const MOST_COUNTED = 500

export interface ListingParams extends SearchParams {
  readonly page: number
  readonly pageSize: number
  /** Where the page begins, whatever its number; absent for pages that are asked for by number. */
  readonly after?: NamePosition
  /** Absent for markets that may never open. */
  readonly open?: OpenOn
  /** Absent for markets wherever they are; else nearest first, and narrowed to no place and by no words. */
  readonly near?: Near
}

/** How far from where. */
export interface Near {
  readonly point: Point
  readonly radiusKm: number
}

/** Where what is near may be: names of cells, the nearest first, each with the least distance at which it may be. */
export interface NearParams {
  readonly cells: readonly { readonly name: string; readonly nearKm: number }[]
  readonly open?: OpenOn
}

/** What is in these cells, by name, as far as it is more than enough. */
export interface MarketsNear {
  readonly markets: MarketListing['markets']
  /** The least distance of what was left out; null where nothing was. */
  readonly left_out_km: number | null
}

/** Of some of a list, without its cursor: whether there are more behind them, and more in all than `total`. */
export interface Counted {
  readonly total: number
  readonly more: boolean
  readonly uncounted: boolean
}

export type MarketsFound = Pick<MarketListing, 'markets'> & Counted
export type VendorsFound = Pick<VendorListing, 'vendors'> & Counted

/** A page of those who sell at active markets, narrowed by each. */
export interface VendorsParams {
  readonly page: number
  readonly pageSize: number
  /** Where the page begins, whatever its number; absent for pages that are asked for by number. */
  readonly after?: NamePosition
  /** Words of the vendor's name. */
  readonly q?: PlaceKey
  readonly product?: Product
  /** The id of a market that it sells at. */
  readonly market?: string
}

/** Some of a market's days, both dates included. */
export interface DaysParams extends IdParams {
  readonly from: string
  readonly to: string
}

/** The page of a market, as it is on a date: what is over is not on it. */
export interface MarketPageParams {
  readonly slug: string
  readonly today: string
}

/** The page of a vendor, at a moment (ISO 8601), of which each market's own clock says which date it is. */
export interface VendorPageParams extends IdParams {
  readonly at: string
}

/** A page of the public list, whose length is not the reader's to choose. */
export type PageParams = Omit<ListingParams, 'pageSize' | 'after'>

export interface ApplicationsParams {
  /** The market's. */
  readonly id: string
  readonly status?: ApplicationStatus
  readonly page: number
  readonly pageSize: number
}

export interface OwnMarketsParams {
  /** The organizer's id. */
  readonly organizer: string
  readonly status?: MarketStatus
  readonly page: number
  readonly pageSize: number
}

export interface OwnApplicationsParams {
  /** The vendor's id. */
  readonly vendor: string
  readonly status?: ApplicationStatus
  readonly page: number
  readonly pageSize: number
}

export interface ApplicationParams {
  readonly id: string
  /** Which of the two that it is between looks at it. */
  readonly side: Role
}

/** Views straight from SQL: no entity is built on the way. Ids and slugs may be any string; what cannot be one is not found. */
export abstract class ViewQueries {
  abstract marketListing(params: ListingParams): Promise<Found<MarketsFound>>
  abstract marketsNear(params: NearParams): Promise<MarketsNear>
  abstract marketDetail(id: string): Promise<Found<MarketDetail>>
  /** An active or closed market; a draft is not found. */
  abstract marketPage(params: MarketPageParams): Promise<Found<MarketPage>>
  abstract marketCalendar(slug: string): Promise<Found<MarketCalendar>>
  abstract marketDays(params: DaysParams): Promise<Found<MarketDays>>
  /** Where a market's clock stands, by its id or by its slug. Not for clients. */
  abstract marketZone(market: IdParams | { readonly slug: string }): Promise<Found<MarketZone>>
  abstract marketStats(id: string): Promise<Found<MarketStats>>
  /** Visible to the market's organizer; undefined when there is no such market. */
  abstract marketApplications(params: ApplicationsParams): Promise<Found<MarketApplications>>
  /** Visible to the organizer; undefined when there is none of this id. */
  abstract ownMarkets(params: OwnMarketsParams): Promise<Found<OwnMarkets>>
  /** Visible to the vendor's account; undefined when there is no such vendor. */
  abstract ownApplications(params: OwnApplicationsParams): Promise<Found<MarketApplications>>
  /** Visible to the account on that side. */
  abstract applicationDetail(params: ApplicationParams): Promise<Found<ApplicationDetail>>
  /** By name then id. */
  abstract vendorListing(params: VendorsParams): Promise<VendorsFound>
  abstract vendorPage(params: VendorPageParams): Promise<Found<VendorPage>>
  abstract vendorProfile(id: string): Promise<Found<VendorProfile>>
  abstract vendorDashboard(id: string): Promise<Found<VendorDashboard>>
  abstract organizerDashboard(id: string): Promise<Found<OrganizerDashboard>>
  /** For its owner, whose token names it. */
  abstract accountDetail(id: string): Promise<Found<AccountDetail>>
  /** Not for clients: what tells a token that still counts from one that was revoked. */
  abstract accountSession(id: string): Promise<Found<AccountSession>>
}

/** Where the views are loaded from. */
export abstract class Snapshots implements SnapshotsOf<ViewQueries> {
  /**
   * Runs the queries on the primary in one snapshot (REPEATABLE READ READ ONLY) that begins after this call, never
   * inside a write transaction and past every result cache.
   * @throws Unavailable `database-unavailable` when PostgreSQL is out of reach or too slow.
   */
  abstract read<T>(queries: (views: ViewQueries) => Promise<T>): Promise<T>
}
