import type { Found } from '../../application/consistency/view.ts'
import {
  type ApplicationParams,
  type ApplicationsParams,
  type DaysParams,
  type IdParams,
  type ListingParams,
  type MarketPageParams,
  type MarketsFound,
  type MarketsNear,
  MOST_COUNTED,
  MOST_FOUND,
  type NearParams,
  type OpenOn,
  type OwnApplicationsParams,
  type OwnMarketsParams,
  type VendorPageParams,
  type VendorsFound,
  type VendorsParams,
  ViewQueries,
} from '../../application/ports/view-queries.ts'
import type {
  AccountDetail,
  AccountSession,
  ApplicationDetail,
  MarketApplications,
  MarketCalendar,
  MarketDays,
  MarketDetail,
  MarketPage,
  MarketStats,
  MarketZone,
  OrganizerDashboard,
  OwnMarkets,
  VendorDashboard,
  VendorPage,
  VendorProfile,
} from '../../application/views/views.ts'
import { FORMER_ORGANIZER } from '../../domain/account.ts'
import { parseId } from '../../domain/ids.ts'
import { isSlug, MARKET_STATUSES } from '../../domain/market.ts'
import { APPLICATION_STATUSES } from '../../domain/vendor-application.ts'
import type { Row } from './connections.ts'

export type Query = (sql: string, parameters: readonly unknown[]) => Promise<Row[]>

/** From SQL straight to views. Whether the results keep to the views' schemas is checked where they are cached. */
export class SqlViewQueries extends ViewQueries {
  readonly #query: Query

  constructor(query: Query) {
    super()
    this.#query = query
  }

  async marketListing(params: ListingParams): Promise<Found<MarketsFound>> {
    const { page, pageSize, open, after, country = null, region = null, city = null } = params
    const { q = null, product = null } = params
    // One more than is shown tells whether there are more.
    const found = await this.#first<Omit<MarketsFound, 'more'>>(marketListingSql(params), [
      pageSize + 1,
      offset(page, pageSize),
      country,
      region,
      city,
      q,
      product,
      ...(after === undefined ? [] : [after.name, after.id]),
      ...timesOf(open),
    ])
    if (found === undefined) return undefined
    const { markets, total, uncounted } = found.value
    return {
      value: { markets: markets.slice(0, pageSize), more: markets.length > pageSize, total, uncounted },
    }
  }

  async marketsNear({ cells, open }: NearParams): Promise<MarketsNear> {
    const asked = JSON.stringify(
      cells.map(({ name, nearKm }, n) => ({ n, word: `@cell:${name}`, km: nearKm })),
    )
    const found = await this.#first<MarketsNear>(marketsNearSql(open), [asked, ...timesOf(open)])
    return found!.value
  }

  marketDetail(id: string): Promise<Found<MarketDetail>> {
    return this.#byId(MARKET_DETAIL_SQL, id)
  }

  async marketPage({ slug, today }: MarketPageParams): Promise<Found<MarketPage>> {
    return isSlug(slug) ? this.#first(MARKET_PAGE_SQL, [slug, today]) : undefined
  }

  async marketCalendar(slug: string): Promise<Found<MarketCalendar>> {
    return isSlug(slug) ? this.#first(MARKET_CALENDAR_SQL, [slug]) : undefined
  }

  marketDays({ id, from, to }: DaysParams): Promise<Found<MarketDays>> {
    return this.#byId(MARKET_DAYS_SQL, id, [from, to])
  }

  async marketZone(market: IdParams | { readonly slug: string }): Promise<Found<MarketZone>> {
    if ('id' in market) return this.#byId(marketZoneSql('id'), market.id)
    return isSlug(market.slug) ? this.#first(marketZoneSql('slug'), [market.slug]) : undefined
  }

  marketStats(id: string): Promise<Found<MarketStats>> {
    return this.#byId(MARKET_STATS_SQL, id)
  }

  marketApplications({ id, ...list }: ApplicationsParams): Promise<Found<MarketApplications>> {
    return this.#page(marketApplicationsSql(list.status), id, list)
  }

  ownMarkets({ organizer, ...list }: OwnMarketsParams): Promise<Found<OwnMarkets>> {
    return this.#page(ownMarketsSql(list.status), organizer, list)
  }

  ownApplications({ vendor, ...list }: OwnApplicationsParams): Promise<Found<MarketApplications>> {
    return this.#page(ownApplicationsSql(list.status), vendor, list)
  }

  applicationDetail({ id, side }: ApplicationParams): Promise<Found<ApplicationDetail>> {
    return this.#byId(APPLICATION_SQL[side], id)
  }

  async vendorListing(params: VendorsParams): Promise<VendorsFound> {
    const { page, pageSize, after, q = null, product = null, market = null } = params
    const found = await this.#first<Omit<VendorsFound, 'more'>>(vendorListingSql(params), [
      pageSize + 1,
      offset(page, pageSize),
      q,
      product,
      market,
      ...(after === undefined ? [] : [after.name, after.id]),
    ])
    const { vendors, ...counted } = found!.value
    return { vendors: vendors.slice(0, pageSize), more: vendors.length > pageSize, ...counted }
  }

  vendorPage({ id, at }: VendorPageParams): Promise<Found<VendorPage>> {
    return this.#byId(VENDOR_PAGE_SQL, id, [at])
  }

  vendorProfile(id: string): Promise<Found<VendorProfile>> {
    return this.#byId(VENDOR_PROFILE_SQL, id)
  }

  vendorDashboard(id: string): Promise<Found<VendorDashboard>> {
    return this.#byId(VENDOR_DASHBOARD_SQL, id)
  }

  organizerDashboard(id: string): Promise<Found<OrganizerDashboard>> {
    return this.#byId(ORGANIZER_DASHBOARD_SQL, id)
  }

  accountDetail(id: string): Promise<Found<AccountDetail>> {
    return this.#byId(ACCOUNT_DETAIL_SQL, id)
  }

  accountSession(id: string): Promise<Found<AccountSession>> {
    return this.#byId(ACCOUNT_SESSION_SQL, id)
  }

  async #byId<T>(statement: string, id: string, more: readonly unknown[] = []): Promise<Found<T>> {
    const uuid = parseId(id)
    return uuid === undefined ? undefined : this.#first(statement, [uuid, ...more])
  }

  /** A part of a list of what belongs to one thing. */
  async #page<T extends Page>(
    statement: string,
    id: string,
    { page, pageSize, status }: Part,
  ): Promise<Found<T>> {
    const found = await this.#byId<Omit<T, keyof Page>>(statement, id, [
      pageSize,
      offset(page, pageSize),
      ...(status === undefined ? [] : [status]),
    ])
    return found && { ...found, value: { ...found.value, page, page_size: pageSize } as T }
  }

  async #first<T>(statement: string, parameters: readonly unknown[]): Promise<Found<T>> {
    const [row] = await this.#query(statement, parameters)
    if (row === undefined) return undefined
    const value: T = JSON.parse(String(row.view))
    return typeof row.visible_to === 'string' ? { value, visibleTo: row.visible_to } : { value }
  }
}

interface Part {
  readonly page: number
  readonly pageSize: number
  readonly status?: string
}

interface Page {
  readonly page: number
  readonly page_size: number
}

/** Kept within what a JavaScript number, and so a bigint's text, can say exactly. */
function offset(page: number, pageSize: number): number {
  return Math.min((page - 1) * pageSize, Number.MAX_SAFE_INTEGER)
}

/*
 * Every view as one statement, which gives one row: the view as JSON text, and the only account that may see it. Text,
 * so that both drivers hand over the same thing whatever they make of json, bigint or timestamptz.
 */

/** As `Date.prototype.toISOString` prints it. */
const iso = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** JSON objects of a subquery's rows, in its order. */
const list = (rows: string) => `coalesce((select json_agg(row_to_json(r)) from (${rows}) r), '[]'::json)`

/** What a market tells of where it is. */
const IN_PLACE = 'm.city, m.region, m.country'
const ADDRESS = `
  'city', m.city, 'region', m.region, 'country', m.country, 'street', m.street, 'postcode', m.postcode,
  'latitude', m.latitude, 'longitude', m.longitude, 'time_zone', m.time_zone, 'website', m.website`
/** A directory tells no stalls, and none are made up. */
const STALLS = 'case when not m.unclaimed then m.stall_count end'
/** What a directory says of it; and who organizes it, which is none of an unclaimed one. */
const LISTING = `
  'unclaimed', m.unclaimed,
  'listing', case when m.listing is not null then json_build_object(
    'listed_by', m.listing -> 'listedBy', 'updated_on', m.listing -> 'updatedOn', 'hours', m.listing -> 'hours',
    'products', m.listing -> 'products', 'payment', m.listing -> 'payment') end`
const marketSummary = `m.id, m.slug, m.name, ${IN_PLACE}, m.time_zone, ${STALLS} as stall_count, m.vendor_count, m.unclaimed`
const listedMarket = `${marketSummary}, coalesce(m.listing -> 'products', '[]'::jsonb) as listed_products`
/** As people look for it, and then always the same. */
const BY_NAME = 'm.name_key, m.name, m.id'
const BEHIND = `(${BY_NAME}) > (marketflow_name_key($8::text), $8::text, $9::uuid)`

const DAY = `to_char(d.date, 'YYYY-MM-DD') as date, d.opens, d.closes`

/** What `openOn` takes. */
function timesOf(open: OpenOn | undefined): readonly string[] {
  if (open === undefined) return []
  return 'at' in open ? [open.at] : [open.from, open.to]
}

/**
 * Whether a day of a market's is one of those, from the parameter `$n` on: dates, or a moment, of which the market's own
 * clock says which date it is. Those near it in Greenwich are found by an index.
 */
function openOn(open: OpenOn, n: number): string {
  const days = `d.market_id = m.id and d.status = 'planned'`
  if (!('at' in open)) return `${days} and d.date between $${n}::date and $${n + 1}::date`
  const [greenwich, local] = [
    `($${n}::timestamptz at time zone 'UTC')::date`,
    `marketflow_local_date($${n}::timestamptz, m.time_zone)`,
  ]
  return open.relative === 'today'
    ? `${days} and d.date between ${greenwich} - 1 and ${greenwich} + 1 and d.date = ${local}`
    : `${days} and d.date between ${greenwich} - 1 and ${greenwich} + 7 and extract(isodow from d.date) >= 6
        and d.date between ${local} and ${local} + (7 - extract(isodow from ${local})::int)`
}

/**
 * $1 limit, $2 offset, $3 country, $4 region, $5 city, $6 words, $7 product, each as it is compared, or null for all; then, where
 * they are asked for, the name and id that the page begins behind; and when the markets open.
 *
 * The page's ids come from an index alone, and its rows are fetched last: a deep page skips index entries, not rows, and
 * one behind a name begins there. The total is kept by triggers, and a page beyond it skips nothing.
 */
function marketListingSql({ country, region, city, q, product, open, after }: ListingParams): string {
  const [begins, openFrom] = after === undefined ? ['', 8] : [`and ${BEHIND}`, 10]
  const opens = open && openOn(open, openFrom)
  // The indexes hold named places alone.
  const conditions = [
    country === undefined ? '' : `and m.country_key = $3 and m.country_key <> ''`,
    region === undefined ? '' : `and m.region_key = $4 and m.region_key <> ''`,
    city === undefined ? '' : 'and m.city_key = $5',
  ].join(' ')
  const days =
    opens === undefined
      ? ''
      : `, ${list(`select ${DAY} from market_days d where ${opens} order by d.date`)} as days`
  if (q !== undefined || product !== undefined) return marketSearchSql(opens, days, begins)
  if (open !== undefined) return marketsOpenSql(conditions, days, begins, open, openFrom)
  return `
    with asked (country, region, city, q, product) as (select $3::text, $4::text, $5::text, $6::text, $7::text),
    kept as materialized (
      select coalesce(sum(active), 0)::bigint as total
      from active_market_counts, asked where scope = marketflow_scope(asked.country, asked.region, asked.city)
    )
    select json_build_object(
      'markets', ${list(`
        select ${listedMarket}${days}
        from (
          select id from markets m
          where m.status = 'active' ${conditions} ${begins} and $2::bigint < (select total from kept)
          order by ${BY_NAME} limit $1 offset $2
        ) listed join markets m on m.id = listed.id
        order by ${BY_NAME}`)},
      'total', (select total from kept), 'uncounted', false
    )::text as view`
}

/** The zones of markets, each with its date at a moment. Each is looked for behind the last in an index. */
const zonesAt = (moment: string) => `
  with recursive zone (name) as (
    select min(time_zone) from markets where status = 'active'
    union all
    select (select min(time_zone) from markets where status = 'active' and time_zone > zone.name)
    from zone where zone.name is not null
  )
  select name, marketflow_local_date(${moment}::timestamptz, name) as today from zone where name is not null`

/** The dates from parameter `$n` on; where each market's clock says which they are, for which zones. */
function datesSql(open: OpenOn, n: number): string {
  if (!('at' in open)) {
    return `select $${n}::date + i as date, null::text[] as zones from generate_series(0, $${n + 1}::date - $${n}::date) i`
  }
  const last = open.relative === 'today' ? '0' : '7 - extract(isodow from today)::int'
  return `
    select today + i as date, array_agg(name) as zones
    from (${zonesAt(`$${n}`)}) zones, generate_series(0, ${last}) i
    ${open.relative === 'today' ? '' : 'where extract(isodow from today + i) >= 6'} group by 1`
}

/**
 * As above, of markets that open on some dates: of each date, no more entries of an index than the page has, or than are
 * counted. A page that is asked for by number skips entries, as of any list.
 */
function marketsOpenSql(conditions: string, days: string, begins: string, open: OpenOn, n: number): string {
  const inZones = 'at' in open ? 'and m.time_zone = any(dates.zones)' : ''
  const first = (limit: string, behind: string) => `
    select distinct m.id, m.name_key, m.name from dates cross join lateral (
      select id, name_key, name from (select *, market_id as id from listed_days) m
      where m.date = dates.date ${conditions} ${inZones} ${behind}
      order by ${BY_NAME} limit ${limit}
    ) m`
  return `
    with asked (country, region, city, q, product) as (select $3::text, $4::text, $5::text, $6::text, $7::text),
    dates as materialized (${datesSql(open, n)}),
    counted as materialized (
      select least(count(*), ${MOST_COUNTED}) as total, count(*) > ${MOST_COUNTED} as uncounted
      from (${first(`${MOST_COUNTED + 1}`, '')}) m
    )
    select json_build_object(
      'markets', ${list(`
        select ${listedMarket}${days}
        from (
          select * from (${first('$1::bigint + $2::bigint', begins)}) m
          where $2::bigint < (select total from counted) or (select uncounted from counted)
          order by ${BY_NAME} limit $1 offset $2
        ) listed cross join lateral (select * from markets where id = listed.id offset 0) m
        order by ${BY_NAME}`)},
      'total', (select total from counted), 'uncounted', (select uncounted from counted)
    )::text as view`
}

/** The entries of a word, or of words that it begins, in the order of words and then of names; no more than are found. */
const entries = (kind: string, word: string, last: string) => `
  select id, name_key, name from search_words where kind = '${kind}' and word between ${word} and ${last}
  order by word, name_key, name, id limit ${MOST_FOUND}`

const hasWord = (id: string) => `
  exists (select from search_words s where s.id = ${id} and s.word between asked.word and asked.last)`

const RAREST = ['(select word from rarest)', '(select last from rarest)'] as const

/**
 * As above, found by words or a product. Looked through are the entries of the word that has the fewest; places and
 * products count as words. However many there are, those beyond the bound are not looked at. `search_words`
 * has active markets only, with their names: none is fetched but those that are shown, or whose clock is asked.
 */
function marketSearchSql(opens: string | undefined, days: string, begins: string): string {
  // One by one, by the primary key: the planner would read all markets rather than a few hundred.
  const then =
    opens &&
    `and exists (select from (select * from markets where id = c.id offset 0) m
      where exists (select from market_days d where ${opens}))`
  return `
    with asked as materialized (
      select word, marketflow_last_word(word) as last
      from unnest(marketflow_words($6::text) || array['@city:' || $5::text, '@region:' || $4::text, '@country:' || $3::text, '@product:' || $7::text]) word
      where word is not null
    ),
    rarest as materialized (
      select word, last from asked
      order by (select count(*) from (${entries('market', 'asked.word', 'asked.last')}) e)
        + (select count(*) from (${entries('vendor', 'asked.word', 'asked.last')}) e), word
      limit 1
    ),
    candidates as materialized (
      (${entries('market', ...RAREST)})
      union
      (select m.id, m.name_key, m.name from (${entries('vendor', ...RAREST)}) v
        join vendor_applications a on a.vendor_id = v.id and a.status = 'accepted'
        join markets m on m.id = a.market_id and m.status = 'active' limit ${MOST_FOUND})
    ),
    found as materialized (
      select * from candidates c
      where not exists (
        select from asked where word <> (select word from rarest) and not (${hasWord('c.id')} or exists (
          select from vendor_applications a where a.market_id = c.id and a.status = 'accepted' and ${hasWord('a.vendor_id')})))
        ${then ?? ''}
      order by name_key, name, id limit ${MOST_FOUND}
    )
    select json_build_object(
      'markets', ${list(`
        select ${listedMarket}${days}
        from (select * from found m where true ${begins} order by ${BY_NAME} limit $1 offset $2) listed
        cross join lateral (select * from markets where id = listed.id offset 0) m
        order by ${BY_NAME}`)},
      'total', (select count(*) from found), 'uncounted', false
    )::text as view`
}

/**
 * $1 cells, the nearest first. Looked through are as many as have enough; however many markets a cell has, those beyond
 * the bound are not looked at.
 */
function marketsNearSql(open: OpenOn | undefined): string {
  const isOpen = open && openOn(open, 2)
  return `
    with cells as materialized (
      select c.*, (select count(*) from (
        select from search_words where kind = 'market' and word = c.word limit ${MOST_FOUND + 1}) e) as entries
      from json_to_recordset($1::json) c (n int, word text, km float8)
    ),
    counted as materialized (select *, sum(entries) over (order by n) - entries as nearer from cells),
    found as materialized (
      select m.* from counted c
      cross join lateral (
        select id from search_words where kind = 'market' and word = c.word limit ${MOST_FOUND}) e
      cross join lateral (select * from markets where id = e.id offset 0) m
      where c.nearer < ${MOST_FOUND} ${isOpen ? `and exists (select from market_days d where ${isOpen} offset 0)` : ''}
    )
    select json_build_object(
      'markets', ${list(`
        select ${listedMarket}${isOpen ? `, ${list(`select ${DAY} from market_days d where ${isOpen} order by d.date`)} as days` : ''}, m.latitude, m.longitude
        from found m order by ${BY_NAME}`)},
      'left_out_km', (select min(km) from counted where entries > ${MOST_FOUND} or (entries > 0 and nearer >= ${MOST_FOUND}))
    )::text as view`
}

const MARKET_DETAIL_SQL = `
  select json_build_object(
    'id', m.id, 'slug', m.slug, 'name', m.name, ${ADDRESS},
    'stall_count', ${STALLS}, 'vendor_count', m.vendor_count, ${LISTING},
    'description', m.description, 'seasons', m.seasons, 'status', m.status,
    'organizer', case when not m.unclaimed then json_build_object('id', o.id, 'name', o.name) end,
    'vendors', ${list(`
      select v.id, v.business_name, v.category, v.products
      from vendor_applications a join vendors v on v.id = a.vendor_id
      where a.market_id = m.id and a.status = 'accepted'
      order by marketflow_name_key(v.business_name), v.business_name, v.id`)},
    'created_at', ${iso('m.created_at')}, 'updated_at', ${iso('m.updated_at')}
  )::text as view, case when m.status = 'draft' then m.organizer_id end::text as visible_to
  from markets m join accounts o on o.id = m.organizer_id
  where m.id = $1`

/** Days on a page. */
const NEXT_DAYS = 8

/** $2, $3 the first and the last date. */
const MARKET_DAYS_SQL = `
  select json_build_object(
    'market_id', m.id, 'time_zone', m.time_zone,
    'days', ${list(`
      select ${DAY}, d.status, d.note from market_days d
      where d.market_id = m.id and d.date between $2::date and $3::date order by d.date`)}
  )::text as view, case when m.status = 'draft' then m.organizer_id end::text as visible_to
  from markets m where m.id = $1`

const marketZoneSql = (by: 'id' | 'slug') => `
  select json_build_object('time_zone', m.time_zone)::text as view
  from markets m where m.${by} = $1 ${by === 'id' ? '' : `and m.status <> 'draft'`}`

const MARKET_CALENDAR_SQL = `
  select json_build_object(
    'slug', m.slug, 'name', m.name, ${ADDRESS},
    'days', ${list(`
      select ${DAY}, d.status, d.note, ${iso('d.updated_at')} as updated_at
      from market_days d where d.market_id = m.id order by d.date`)}
  )::text as view
  from markets m where m.slug = $1 and m.status <> 'draft'`

/** $2 the first date. */
const MARKET_PAGE_SQL = `
  select json_build_object(
    'slug', m.slug, 'name', m.name, ${ADDRESS}, 'description', m.description, 'status', m.status,
    'stall_count', ${STALLS}, 'vendor_count', m.vendor_count, ${LISTING},
    'organizer', case when not m.unclaimed then o.name end,
    'days', ${list(`
      select ${DAY}, d.status, d.note from market_days d
      where d.market_id = m.id and d.date >= $2::date order by d.date limit ${NEXT_DAYS}`)},
    'night', (select row_to_json(r) from (
      select ${DAY} from market_days d
      where d.market_id = m.id and d.status = 'planned' and d.date = $2::date - 1 and d.closes <= d.opens) r),
    'vendors', ${list(`
      select v.id, v.business_name, v.category, v.description, v.website, v.products
      from vendor_applications a join vendors v on v.id = a.vendor_id
      where a.market_id = m.id and a.status = 'accepted'
      order by marketflow_name_key(v.business_name), v.business_name, v.id`)}
  )::text as view
  from markets m join accounts o on o.id = m.organizer_id
  where m.slug = $1 and m.status <> 'draft'`

const MARKET_STATS_SQL = `
  select json_build_object(
    'market_id', m.id, 'vendor_count', m.vendor_count,
    'pending_applications', (select count(*) from vendor_applications where market_id = m.id and status = 'pending'),
    'waitlisted_applications', (select count(*) from vendor_applications where market_id = m.id and status = 'waitlisted'),
    'stall_count', ${STALLS}, 'open_stalls', ${STALLS} - m.vendor_count
  )::text as view, case when m.status = 'draft' then m.organizer_id end::text as visible_to
  from markets m where m.id = $1`

/** One that waits changes only when it waits no longer: it is on the list since `updated_at`. */
const applicationRow = `
  a.id, a.market_id, m.name as market_name, a.vendor_id, v.business_name, a.status, a.message, a.reason,
  case a.status when 'waitlisted' then (
    select count(*) from vendor_applications w
    where w.market_id = a.market_id and w.status = 'waitlisted' and (w.updated_at, w.id) <= (a.updated_at, a.id)
  ) end as waiting_position,
  ${iso('a.created_at')} as created_at, ${iso('a.updated_at')} as updated_at`

const NEWEST_FIRST = 'a.created_at desc, a.id'

/** $1 market, $2 limit, $3 offset, $4 status. Newest first; the waiting list in its order. */
function marketApplicationsSql(status: string | undefined): string {
  const ofMarket = `a.market_id = m.id ${status === undefined ? '' : 'and a.status = $4'}`
  return `
    select json_build_object(
      'applications', ${list(`
        select ${applicationRow}
        from vendor_applications a join vendors v on v.id = a.vendor_id
        where ${ofMarket}
        order by ${status === 'waitlisted' ? 'a.updated_at, a.id' : NEWEST_FIRST} limit $2 offset $3`)},
      'total', (select count(*) from vendor_applications a where ${ofMarket})
    )::text as view, m.organizer_id::text as visible_to
    from markets m where m.id = $1`
}

const VENDOR_ACCOUNT = 'select id from accounts where vendor_id = v.id'
/** A vendor without an account has none who might see it. */
const seenByVendor = `coalesce((${VENDOR_ACCOUNT}), v.id)::text`

/** $1 vendor, $2 limit, $3 offset, $4 status. */
function ownApplicationsSql(status: string | undefined): string {
  const own = `a.vendor_id = v.id ${status === undefined ? '' : 'and a.status = $4'}`
  return `
    select json_build_object(
      'applications', ${list(`
        select ${applicationRow}
        from vendor_applications a join markets m on m.id = a.market_id
        where ${own}
        order by ${NEWEST_FIRST} limit $2 offset $3`)},
      'total', (select count(*) from vendor_applications a where ${own})
    )::text as view, ${seenByVendor} as visible_to
    from vendors v where v.id = $1`
}

/** One side's view: who sees it, and whose account it is told. */
const applicationSql = (seenBy: string, told: string) => `
  select (
    select row_to_json(r) from (
      select ${applicationRow},
        (select json_build_object('name', name, 'email', email) from accounts where id = (${told}) and id <> '${FORMER_ORGANIZER.id}') as contact
    ) r
  )::text as view, ${seenBy} as visible_to
  from vendor_applications a join markets m on m.id = a.market_id join vendors v on v.id = a.vendor_id
  where a.id = $1`

const APPLICATION_SQL = {
  vendor: applicationSql(seenByVendor, 'case when not m.unclaimed then m.organizer_id end'),
  organizer: applicationSql('m.organizer_id::text', VENDOR_ACCOUNT),
}

/** $1 organizer, $2 limit, $3 offset, $4 status. */
function ownMarketsSql(status: string | undefined): string {
  const own = `m.organizer_id = o.id ${status === undefined ? '' : 'and m.status = $4'}`
  const applications = (which: string) =>
    `(select count(*) from vendor_applications where market_id = m.id and status = '${which}')`
  return `
    select json_build_object(
      'markets', ${list(`
        select ${marketSummary}, m.status,
          ${applications('pending')} as pending_applications,
          ${applications('waitlisted')} as waitlisted_applications,
          ${iso('m.created_at')} as created_at, ${iso('m.updated_at')} as updated_at
        from markets m where ${own}
        order by m.created_at desc, m.id limit $2 offset $3`)},
      'total', (select count(*) from markets m where ${own})
    )::text as view, o.id::text as visible_to
    from accounts o where o.id = $1 and o.role = 'organizer'`
}

/** At which active markets a vendor sells. */
const marketsOf = (vendor: string) => `
  from vendor_applications a join markets m on m.id = a.market_id
  where a.vendor_id = ${vendor} and a.status = 'accepted' and m.status = 'active'`

/**
 * $1 limit, $2 offset, $3 words, $4 product, $5 market, then, where they are asked for, the name and id that the page
 * begins behind. Those who sell at an active market: of those at the market, or of those found by words; or of all, by
 * an index in the order of names.
 */
function vendorListingSql({ q, market, after }: VendorsParams): string {
  const atMarket = `
    select v.id, v.name_key, v.name
    from vendor_applications a
    -- One by one, by the primary key, as of markets.
    cross join lateral (select * from search_words where id = a.vendor_id and word = '@vendor' offset 0) v
    where a.market_id = $5 and a.status = 'accepted'`
  const few =
    market === undefined
      ? q && `select distinct id, name_key, name from (${entries('vendor', ...RAREST)}) e`
      : atMarket
  const found = few
    ? `materialized (
      select * from (${few}) v
      where not exists (select from asked where not ${hasWord('v.id')})
        and exists (select ${marketsOf('v.id')} ${market === undefined ? '' : 'and m.id = $5'})
    )`
    : `not materialized (
      select v.id, v.name_key, v.name from search_words v
      where v.kind = 'vendor' and v.word = (select coalesce('@product:' || product, '@vendor') from given)
        and exists (select ${marketsOf('v.id')})
    )`
  const begins =
    after === undefined
      ? ''
      : 'where (v.name_key, v.name, v.id) > (marketflow_name_key($6::text), $6::text, $7::uuid)'
  return `
    with given (q, product, market) as (select $3::text, $4::text, $5::uuid),
    asked as materialized (
      select word, marketflow_last_word(word) as last
      from given, unnest(marketflow_words(q) || ('@product:' || product)) word where word is not null
    ),
    rarest as materialized (
      select word, last from asked
      order by (select count(*) from (${entries('vendor', 'asked.word', 'asked.last')}) e), word limit 1
    ),
    found as ${found}
    select json_build_object(
      'vendors', ${list(`
        select v.id, v.business_name, v.category, v.description, v.products,
          (select count(*) ${marketsOf('v.id')}) as market_count
        from (select * from found v ${begins} order by name_key, name, id limit $1 offset $2) listed
        cross join lateral (select * from vendors where id = listed.id offset 0) v
        order by listed.name_key, listed.name, listed.id`)},
      'total', least(counted, ${MOST_FOUND}), 'uncounted', counted > ${MOST_FOUND}
    )::text as view
    from (select count(*) as counted from (select from found limit ${MOST_FOUND + 1}) f) c`
}

const vendorSql = (ofMarkets: string) => `
  select json_build_object(
    'id', v.id, 'business_name', v.business_name, 'category', v.category,
    'description', v.description, 'website', v.website, 'products', v.products,
    'markets', ${list(`
      select m.id, m.slug, m.name, ${IN_PLACE}${ofMarkets}
      ${marketsOf('v.id')}
      order by ${BY_NAME}`)}
  )::text as view
  from vendors v where v.id = $1`

const VENDOR_PROFILE_SQL = vendorSql('')

/** Days of each market on the page of one of its vendors. */
const NEXT_DAYS_OF_VENDOR = 3

/** $2 the moment of which each market's clock says which date it is. */
const VENDOR_PAGE_SQL = vendorSql(
  `, ${list(`
  select ${DAY} from market_days d
  where d.market_id = m.id and d.status = 'planned' and d.date >= marketflow_local_date($2::timestamptz, m.time_zone)
  order by d.date limit ${NEXT_DAYS_OF_VENDOR}`)} as days`,
)

const count = (name: string) => `'${name}', count(*) filter (where status = '${name}')`

const VENDOR_DASHBOARD_SQL = `
  select json_build_object(
    'vendor_id', v.id,
    'applications', (
      select json_build_object(${APPLICATION_STATUSES.map(count).join(', ')})
      from vendor_applications where vendor_id = v.id),
    'markets', ${list(`
      select m.id, m.slug, m.name, ${IN_PLACE}, m.status
      from vendor_applications a join markets m on m.id = a.market_id
      where a.vendor_id = v.id and a.status = 'accepted'
      order by ${BY_NAME}`)}
  )::text as view,
  ${seenByVendor} as visible_to
  from vendors v where v.id = $1`

const ORGANIZER_DASHBOARD_SQL = `
  select json_build_object(
    'organizer_id', o.id,
    'markets', (
      select json_build_object(${MARKET_STATUSES.map(count).join(', ')})
      from markets where organizer_id = o.id),
    'pending_applications', (
      select count(*) from markets m join vendor_applications a on a.market_id = m.id
      where m.organizer_id = o.id and a.status = 'pending'),
    'vendors', (
      select count(distinct a.vendor_id) from markets m join vendor_applications a on a.market_id = m.id
      where m.organizer_id = o.id and a.status = 'accepted'),
    'recent_applications', ${list(`
      select ${applicationRow}
      from markets m join vendor_applications a on a.market_id = m.id join vendors v on v.id = a.vendor_id
      where m.organizer_id = o.id
      order by a.created_at desc, a.id limit 10`)}
  )::text as view, o.id::text as visible_to
  from accounts o where o.id = $1 and o.role = 'organizer'`

const ACCOUNT_DETAIL_SQL = `
  select json_build_object('id', id, 'email', email, 'name', name, 'role', role, 'vendorId', vendor_id)::text as view
  from accounts where id = $1`

const ACCOUNT_SESSION_SQL = `
  select json_build_object('epoch', session_epoch)::text as view from accounts where id = $1`
