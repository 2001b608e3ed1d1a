import { MARKET_STATUSES } from '../../domain/market.ts'
import { APPLICATION_STATUSES } from '../../domain/vendor-application.ts'

/*
 * Every view as one statement, which gives one row: the view as JSON text, and the only account that may see it. Text,
 * so that both drivers hand over the same thing whatever they make of json, bigint or timestamptz.
 */

/** As `Date.prototype.toISOString` prints it. */
const iso = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** JSON objects of a subquery's rows, in its order. */
const list = (rows: string) => `coalesce((select json_agg(row_to_json(r)) from (${rows}) r), '[]'::json)`

/**
 * $1 limit, $2 offset, $3 city key.
 *
 * The page's ids come from an index alone, and its rows are fetched last: a deep page skips index entries, not rows. The
 * total is kept by triggers, and a page beyond it skips nothing.
 */
export function marketListingSql(inCity: boolean): string {
  const scope = inCity ? `'city:' || $3::text` : `'all'`
  return `
    with kept as materialized (
      select coalesce(sum(active), 0)::bigint as total from active_market_counts where scope = ${scope}
    )
    select json_build_object(
      'markets', ${list(`
        select m.id, m.slug, m.name, m.city, m.stall_count, m.vendor_count
        from (
          select id from markets
          where status = 'active' ${inCity ? 'and city_key = $3' : ''} and $2::bigint < (select total from kept)
          order by name, id limit $1 offset $2
        ) listed join markets m on m.id = listed.id
        order by m.name, m.id`)},
      'total', (select total from kept)
    )::text as view`
}

export const MARKET_DETAIL_SQL = `
  select json_build_object(
    'id', m.id, 'slug', m.slug, 'name', m.name, 'city', m.city,
    'stall_count', m.stall_count, 'vendor_count', m.vendor_count,
    'description', m.description, 'status', m.status,
    'organizer', json_build_object('id', o.id, 'name', o.name),
    'vendors', ${list(`
      select v.id, v.business_name, v.category
      from vendor_applications a join vendors v on v.id = a.vendor_id
      where a.market_id = m.id and a.status = 'accepted'
      order by v.business_name, v.id`)},
    'created_at', ${iso('m.created_at')}, 'updated_at', ${iso('m.updated_at')}
  )::text as view, case when m.status = 'draft' then m.organizer_id end::text as visible_to
  from markets m join accounts o on o.id = m.organizer_id
  where m.id = $1`

export const MARKET_PAGE_SQL = `
  select json_build_object(
    'slug', m.slug, 'name', m.name, 'city', m.city, 'description', m.description, 'status', m.status,
    'stall_count', m.stall_count, 'vendor_count', m.vendor_count, 'organizer', o.name,
    'vendors', ${list(`
      select v.business_name, v.category, v.description, v.website
      from vendor_applications a join vendors v on v.id = a.vendor_id
      where a.market_id = m.id and a.status = 'accepted'
      order by v.business_name, v.id`)}
  )::text as view
  from markets m join accounts o on o.id = m.organizer_id
  where m.slug = $1 and m.status <> 'draft'`

export const MARKET_STATS_SQL = `
  select json_build_object(
    'market_id', m.id, 'vendor_count', m.vendor_count,
    'pending_applications', (select count(*) from vendor_applications where market_id = m.id and status = 'pending'),
    'waitlisted_applications', (select count(*) from vendor_applications where market_id = m.id and status = 'waitlisted'),
    'stall_count', m.stall_count, 'open_stalls', m.stall_count - m.vendor_count
  )::text as view, case when m.status = 'draft' then m.organizer_id end::text as visible_to
  from markets m where m.id = $1`

const applicationRow = `
  a.id, a.market_id, m.name as market_name, a.vendor_id, v.business_name, a.status, a.message,
  ${iso('a.created_at')} as created_at, ${iso('a.updated_at')} as updated_at`

/** $1 market, $2 limit, $3 offset, $4 status. Newest first. */
export function marketApplicationsSql(withStatus: boolean): string {
  const ofMarket = `a.market_id = m.id ${withStatus ? 'and a.status = $4' : ''}`
  return `
    select json_build_object(
      'applications', ${list(`
        select ${applicationRow}
        from vendor_applications a join vendors v on v.id = a.vendor_id
        where ${ofMarket}
        order by a.created_at desc, a.id limit $2 offset $3`)},
      'total', (select count(*) from vendor_applications a where ${ofMarket})
    )::text as view, m.organizer_id::text as visible_to
    from markets m where m.id = $1`
}

export const APPLICATION_SQL = `
  select row_to_json(r)::text as view from (
    select ${applicationRow}
    from vendor_applications a join markets m on m.id = a.market_id join vendors v on v.id = a.vendor_id
    where a.id = $1
  ) r`

export const VENDOR_PROFILE_SQL = `
  select json_build_object(
    'id', v.id, 'business_name', v.business_name, 'category', v.category,
    'description', v.description, 'website', v.website,
    'markets', ${list(`
      select m.id, m.name, m.city
      from vendor_applications a join markets m on m.id = a.market_id
      where a.vendor_id = v.id and a.status = 'accepted' and m.status = 'active'
      order by m.name, m.id`)}
  )::text as view
  from vendors v where v.id = $1`

const count = (name: string) => `'${name}', count(*) filter (where status = '${name}')`

export const VENDOR_DASHBOARD_SQL = `
  select json_build_object(
    'vendor_id', v.id,
    'applications', (
      select json_build_object(${APPLICATION_STATUSES.map(count).join(', ')})
      from vendor_applications where vendor_id = v.id),
    'markets', ${list(`
      select m.id, m.name, m.city, m.status
      from vendor_applications a join markets m on m.id = a.market_id
      where a.vendor_id = v.id and a.status = 'accepted'
      order by m.name, m.id`)}
  )::text as view,
  coalesce((select a.id from accounts a where a.vendor_id = v.id), v.id)::text as visible_to
  from vendors v where v.id = $1`

export const ORGANIZER_DASHBOARD_SQL = `
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

export const ACCOUNT_DETAIL_SQL = `
  select json_build_object('id', id, 'email', email, 'name', name, 'role', role, 'vendorId', vendor_id)::text as view
  from accounts where id = $1`

export const ACCOUNT_SESSION_SQL = `
  select json_build_object('epoch', session_epoch)::text as view from accounts where id = $1`
