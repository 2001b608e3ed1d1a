import type { Found } from '../../application/consistency/view.ts'
import {
  type ApplicationsParams,
  type ListingParams,
  ViewQueries,
} from '../../application/ports/view-queries.ts'
import type {
  AccountDetail,
  AccountSession,
  ApplicationView,
  MarketApplications,
  MarketDetail,
  MarketListing,
  MarketPage,
  MarketStats,
  OrganizerDashboard,
  VendorDashboard,
  VendorProfile,
} from '../../application/views/views.ts'
import { parseId } from '../../domain/ids.ts'
import { isSlug } from '../../domain/market.ts'
import type { Row } from './connections.ts'
import * as sql from './view-sql.ts'

export type Query = (sql: string, parameters: readonly unknown[]) => Promise<Row[]>

/** From SQL straight to views. Whether the results keep to the views' schemas is checked where they are cached. */
export class SqlViewQueries extends ViewQueries {
  readonly #query: Query

  constructor(query: Query) {
    super()
    this.#query = query
  }

  async marketListing({ page, pageSize, city }: ListingParams): Promise<Found<MarketListing>> {
    const statement = sql.marketListingSql(city !== undefined)
    const found = await this.#first<Omit<MarketListing, 'page' | 'page_size'>>(statement, [
      pageSize,
      offset(page, pageSize),
      ...(city === undefined ? [] : [city]),
    ])
    return found && { value: { ...found.value, page, page_size: pageSize } }
  }

  marketDetail(id: string): Promise<Found<MarketDetail>> {
    return this.#byId(sql.MARKET_DETAIL_SQL, id)
  }

  async marketPage(slug: string): Promise<Found<MarketPage>> {
    return isSlug(slug) ? this.#first(sql.MARKET_PAGE_SQL, [slug]) : undefined
  }

  marketStats(id: string): Promise<Found<MarketStats>> {
    return this.#byId(sql.MARKET_STATS_SQL, id)
  }

  async marketApplications(params: ApplicationsParams): Promise<Found<MarketApplications>> {
    const { id, status, page, pageSize } = params
    const statement = sql.marketApplicationsSql(status !== undefined)
    const found = await this.#byId<Omit<MarketApplications, 'page' | 'page_size'>>(statement, id, [
      pageSize,
      offset(page, pageSize),
      ...(status === undefined ? [] : [status]),
    ])
    return found && { ...found, value: { ...found.value, page, page_size: pageSize } }
  }

  vendorProfile(id: string): Promise<Found<VendorProfile>> {
    return this.#byId(sql.VENDOR_PROFILE_SQL, id)
  }

  vendorDashboard(id: string): Promise<Found<VendorDashboard>> {
    return this.#byId(sql.VENDOR_DASHBOARD_SQL, id)
  }

  organizerDashboard(id: string): Promise<Found<OrganizerDashboard>> {
    return this.#byId(sql.ORGANIZER_DASHBOARD_SQL, id)
  }

  accountDetail(id: string): Promise<Found<AccountDetail>> {
    return this.#byId(sql.ACCOUNT_DETAIL_SQL, id)
  }

  accountSession(id: string): Promise<Found<AccountSession>> {
    return this.#byId(sql.ACCOUNT_SESSION_SQL, id)
  }

  async application(id: string): Promise<ApplicationView | undefined> {
    return (await this.#byId<ApplicationView>(sql.APPLICATION_SQL, id))?.value
  }

  async #byId<T>(statement: string, id: string, more: readonly unknown[] = []): Promise<Found<T>> {
    const uuid = parseId(id)
    return uuid === undefined ? undefined : this.#first(statement, [uuid, ...more])
  }

  async #first<T>(statement: string, parameters: readonly unknown[]): Promise<Found<T>> {
    const [row] = await this.#query(statement, parameters)
    if (row === undefined) return undefined
    const value: T = JSON.parse(String(row.view))
    return typeof row.visible_to === 'string' ? { value, visibleTo: row.visible_to } : { value }
  }
}

/** Kept within what a JavaScript number, and so a bigint's text, can say exactly. */
function offset(page: number, pageSize: number): number {
  return Math.min((page - 1) * pageSize, Number.MAX_SAFE_INTEGER)
}
