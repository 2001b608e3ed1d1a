import type { Client } from 'pg'

/** What every size has alike, so that its cost shows the tables' growth and nothing else. */
export const TYPICAL = {
  market: '00000000-0000-4000-8000-00000000aaaa',
  vendor: '00000000-0000-4000-8000-00000000bbbb',
  organizer: '00000000-0000-4000-8000-00000000cccc',
} as const

/** A twentieth of all markets are in this city, which therefore grows with the table. */
export const GROWING_CITY = 'chicago'
/** Never more than some hundred markets, as in most cities. */
export const SMALL_CITY = 'town 7'
/** A state of the towns, a fortieth of all where there are so many towns, and the country of all but some towns. */
export const [REGION, COUNTRY] = ['s7', 'us'] as const

/** Towns are 0.3 degrees apart from south to north, a hundred in a row, and the rows 0.5 degrees. */
const [SOUTH, WEST] = [28.05, -119.95]
/** In the middle of the small city, with no other town within 25 km, and of the growing one. */
export const [SMALL_CENTRE, GROWING_CENTRE] = [
  { latitude: SOUTH + 0.3 * 7, longitude: WEST },
  { latitude: 41.85, longitude: -87.65 },
] as const

/** What all vendors sell, one in ten, those of the typical markets, and a tenth of all, none of whom sells anywhere. */
export const SOLD = { byAll: 'vegetables', byATenth: 'eggs', byFew: 'tofu', nowhere: 'pet food' } as const

/** Three markets in ten open on each of ten dates, and twenty on one later. */
export const DAYS = {
  first: '2026-06-01',
  last: '2026-06-07',
  rare: '2026-07-01',
  /** On which all markets of the small city open, and of the growing one. */
  small: '2026-06-03',
  growing: '2026-06-04',
} as const
const DATES = 10
const DAYS_PER_MARKET = 3

const MARKETS_PER_TOWN = 100

/** A uuid that is the same at every run, and in no order. */
const uuid = (kind: string, n: string) => `md5('${kind}' || (${n}))::uuid`

const now = `timestamptz '2026-05-01 08:00:00Z'`

const accounts = (rows: string) =>
  `insert into accounts (id, email, name, role, password_hash, vendor_id, created_at) ${rows}`
const vendors = (rows: string) =>
  `insert into vendors (id, business_name, category, description, website, products, created_at, updated_at) ${rows}`
const markets = (rows: string) => `
  insert into markets (id, organizer_id, slug, name, city, city_key, region, country, time_zone, latitude, longitude,
    description, stall_count, vendor_count, status, created_at, updated_at) ${rows}`
const days = (rows: string) => `insert into market_days (market_id, date, opens, closes) ${rows}`
const applications = (rows: string) => `
  insert into vendor_applications (id, market_id, vendor_id, message, status, created_at, updated_at) ${rows}`

/** How many markets each of the other organizers has, and how many applications each market. */
const MARKETS_PER_ORGANIZER = 4
const APPLICATIONS_PER_MARKET = 2

const status = `(array['pending', 'waitlisted', 'accepted', 'rejected', 'withdrawn'])[1 + i % 5]`

const FEW = `array['${SOLD.byAll}', '${SOLD.byFew}']`

/** An organizer with 20 markets, one of them with 40 applications; a vendor that applied to all 20. */
const TYPICAL_ROWS = [
  accounts(
    `values ('${TYPICAL.organizer}', 'typical@example.org', 'Olga', 'organizer', 'hash', null, ${now})`,
  ),
  vendors(`values ('${TYPICAL.vendor}', 'Bread & Co', 'bakery', 'Sourdough', '', ${FEW}, ${now}, ${now})`),
  vendors(`select ${uuid('typical vendor', 'i')}, 'Vendor ' || i, 'bakery', 'Sourdough', '', ${FEW}, ${now}, ${now}
    from generate_series(1, 39) i`),
  markets(`
    select case i when 1 then '${TYPICAL.market}' else ${uuid('typical market', 'i')} end, '${TYPICAL.organizer}',
      'typical-' || i, 'Typical ' || i, 'Typical City', 'typical city', 'IL', 'US', 'America/Chicago', null, null, 'On Saturdays', 25, 0, 'active', ${now}, ${now}
    from generate_series(1, 20) i`),
  applications(`
    select ${uuid('typical application', 'i')}, '${TYPICAL.market}',
      case i when 2 then '${TYPICAL.vendor}' else ${uuid('typical vendor', 'case when i < 2 then i else i - 1 end')} end,
      'Please', ${status}, ${now} + i * interval '1 minute', ${now}
    from generate_series(1, 40) i`),
  applications(`
    select ${uuid('typical vendor application', 'i')}, ${uuid('typical market', 'i')}, '${TYPICAL.vendor}', 'Please',
      'accepted', ${now} + i * interval '1 hour', ${now}
    from generate_series(2, 20) i`),
  days(`select id, '${DAYS.rare}', '08:00', '13:00' from markets where city_key = 'typical city'`),
]

/**
 * Lets the tables grow to `to` markets from the `from` they have (0: from nothing), and everything else with them.
 * One in ten markets is a draft or closed.
 */
export async function grow(client: Client, from: number, to: number): Promise<void> {
  if (from === 0) for (const statement of TYPICAL_ROWS) await client.query(statement)
  for (const statement of growth(from, to)) await client.query(statement)
  await client.query('vacuum (analyze)')
}

function growth(from: number, to: number): string[] {
  const numbered = (first: number, last: number) => `from generate_series(${first + 1}, ${last}) i`
  const organizers = numbered(from / MARKETS_PER_ORGANIZER, to / MARKETS_PER_ORGANIZER)
  const vendorRows = numbered(from / 2, to / 2)
  const town = `i % ${Math.max(1, Math.floor(to / MARKETS_PER_TOWN))}`
  const placed = (inChicago: string, elsewhere: string) =>
    `case when i % 20 = 0 then '${inChicago}' else ${elsewhere} end`
  const city = placed('Chicago', `'Town ' || ${town}`)
  const region = placed('IL', `'S' || (${town}) % 40`)
  const country = placed('US', `case when (${town}) % 10 = 3 then 'CA' else 'US' end`)
  const latitude = placed(String(GROWING_CENTRE.latitude), `${SOUTH} + 0.3 * ((${town}) % 100)`)
  const longitude = placed(String(GROWING_CENTRE.longitude), `${WEST} + 0.5 * floor((${town}) / 100)`)
  // Those whose number is a multiple of five are accepted wherever they applied, and the others nowhere.
  const products = `array_remove(array['${SOLD.byAll}', case when i / 5 % 10 = 3 then '${SOLD.byATenth}' end,
    case when i % 10 = 1 then '${SOLD.nowhere}' end], null)`
  return [
    'begin',
    accounts(
      `select ${uuid('organizer', 'i')}, i || '@example.org', 'Organizer ' || i, 'organizer', 'hash', null, ${now} ${organizers}`,
    ),
    vendors(
      `select ${uuid('vendor', 'i')}, 'Vendor ' || i, 'bakery', 'Sourdough and rye', '', ${products}, ${now}, ${now} ${vendorRows}`,
    ),
    markets(`
      select ${uuid('market', 'i')}, ${uuid('organizer', `1 + i % ${Math.floor(to / MARKETS_PER_ORGANIZER)}`)},
        'market-' || i, left(md5(i::text), 6) || ' Farmers’ Market', ${city}, lower(${city}), ${region}, ${country},
        case when i % 3 = 0 then 'America/New_York' else 'America/Chicago' end,
        ${latitude} + (i % 89 - 44) / 1000.0, ${longitude} + (i % 97 - 48) / 1000.0, repeat('On Saturdays. ', 10), 25, 0, case i % 20 when 7 then 'draft' when 13 then 'closed' else 'active' end, ${now}, ${now}
      ${numbered(from, to)}`),
    'commit',
    'begin',
    // No key could be violated; checking millions of them would take longer than all the rest.
    'set local session_replication_role = replica',
    applications(`
      select ${uuid('application', 'i')}, ${uuid('market', `(i + 1) / ${APPLICATIONS_PER_MARKET}`)}, ${uuid('vendor', `1 + (i * 7) % ${to / 2}`)},
        'We bake', ${status}, ${now} + i * interval '1 second', ${now}
      ${numbered(from * APPLICATIONS_PER_MARKET, to * APPLICATIONS_PER_MARKET)}`),
    days(`
      select ${uuid('market', 'i')}, date '${DAYS.first}' + ((i * 7 + j * 3) % ${DATES})::int, '08:00', '13:00'
      ${numbered(from, to)}, generate_series(1, ${DAYS_PER_MARKET}) j`),
    `insert into listed_days
      select m.id, d.date, m.name_key, m.name, m.city_key, m.region_key, m.country_key, m.time_zone
      from market_days d join markets m on m.id = d.market_id where m.status = 'active' on conflict do nothing`,
    'commit',
  ]
}
