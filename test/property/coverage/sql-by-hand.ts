import fc from 'fast-check'
import { POINTS } from './commands.ts'

export const TABLES = ['accounts', 'vendors', 'markets', 'vendor_applications', 'market_days'] as const
export type Table = (typeof TABLES)[number]

/** A transaction as an operator might type it. */
export interface HandMade {
  readonly statements: readonly string[]
  readonly isolation: 'read committed' | 'repeatable read'
  readonly end: 'commit' | 'rollback'
}

/** Which rows: `count` of them, from the one numbered `first` on. */
interface Some {
  readonly first: number
  readonly count: number
}

const ids = (table: Table, { first, count }: Some) => `
  select id from ${table} order by id limit ${count} offset ${first} % greatest(1, (select count(*)::int from ${table}))`
const one = (table: Table, n: number, where = 'true') => `(
  select id from ${table} where ${where} order by id
  limit 1 offset ${n} % greatest(1, (select count(*)::int from ${table} where ${where})))`
const fresh = (...of: readonly (string | number)[]) =>
  `md5(${of.map((each) => (typeof each === 'number' ? `'${each}'` : `${each}::text`)).join(` || '/' || `)})::uuid`
const among = (n: number, ...values: readonly string[]) => `'${values[n % values.length]}'`

const MARKET_STATUS = ['draft', 'active', 'closed']
const STATUS = ['pending', 'waitlisted', 'accepted', 'rejected', 'withdrawn']
const CITY = ['Chicago', ' CHICAGO', 'a:b', 'São  Paulo', 'Łódź {1} 100%']
const REGION = ['IL', ' il', 'Île-de-France', '', 'a:b {2}']
/** Every other one where markets are looked for. */
const point = (n: number) =>
  n % 2 === 0 ? `latitude = ${n}, longitude = -${n}` : `latitude = ${POINTS[0]}, longitude = ${POINTS[0]}`
const FREE_VENDOR = 'id not in (select vendor_id from accounts where vendor_id is not null)'
/** An organizer becomes a vendor's account, or the other way round. */
const otherRole = (n: number) => `
  role = case when role = 'vendor' then 'organizer' else 'vendor' end,
  vendor_id = case when role = 'vendor' then null else ${one('vendors', n, FREE_VENDOR)} end`

/** What each column may be set to, by a number. A column that is missing here fails the test. */
export const ASSIGNMENTS: Readonly<Record<string, Readonly<Record<string, (n: number) => string>>>> = {
  accounts: {
    email: (n) => `email = 'e${n}-' || id`,
    name: (n) => `name = 'Name ${n}'`,
    role: otherRole,
    password_hash: (n) => `password_hash = 'hash ${n}'`,
    vendor_id: otherRole,
    created_at: (n) => `created_at = created_at - interval '${n + 1} hours'`,
    session_epoch: () => 'session_epoch = session_epoch + 1',
  },
  vendors: {
    business_name: (n) => `business_name = 'Business ${n}'`,
    category: (n) => `category = 'category ${n}'`,
    description: (n) => `description = 'Since ${n}'`,
    website: (n) => `website = 'https://${n}.example'`,
    products: (n) => `products = ${among(n, '{}', '{eggs}', '{baked goods,honey}')}`,
    created_at: (n) => `created_at = created_at - interval '${n + 1} hours'`,
    updated_at: (n) => `updated_at = updated_at - interval '${n + 1} hours'`,
  },
  markets: {
    organizer_id: (n) => `organizer_id = ${one('accounts', n, `role = 'organizer'`)}`,
    slug: (n) => `slug = 'slug-${n}-' || left(id::text, 13)`,
    directory_source: (n) => `directory_source = 's${n}'`,
    listing: (n) =>
      `listing = '{"listedBy": "D${n}", "updatedOn": null, "hours": [], "products": ${n % 2 === 0 ? '["eggs"]' : '[]'}, "payment": []}'`,
    unclaimed: () => 'unclaimed = not unclaimed',
    directory_id: (n) => `directory_id = 'd${n}-' || id`,
    name: (n) => `name = 'Market ${n}'`,
    city: (n) => `city = ${among(n, ...CITY)}`,
    city_key: (n) => `city_key = ${among(n, 'chicago', 'a:b', 'são paulo')}`,
    street: (n) => `street = '${n} Main St'`,
    region: (n) => `region = ${among(n, ...REGION)}`,
    region_key: (n) => `region_key = ${among(n, 'il', 'mo')}`,
    postcode: (n) => `postcode = '6060${n}'`,
    country: (n) => `country = ${among(n, 'US', 'FR', '')}`,
    country_key: (n) => `country_key = ${among(n, 'us', 'fr')}`,
    latitude: point,
    longitude: point,
    time_zone: (n) => `time_zone = ${among(n, '', 'America/Chicago', 'Asia/Tokyo')}`,
    website: (n) => `website = 'https://${n}.example'`,
    seasons: (n) =>
      `seasons = '[{"name":"Season ${n}","from":"2026-05-01","to":"2026-05-09","weekly":[{"weekday":"friday","opens":"09:00","closes":"12:00"}]}]'`,
    name_key: (n) => `name_key = 'key ${n}'`,
    description: (n) => `description = 'On day ${n}'`,
    stall_count: (n) => `stall_count = vendor_count + ${n % 5}`,
    vendor_count: (n) => `vendor_count = (vendor_count + ${1 + (n % 2)}) % (stall_count + 1)`,
    status: (n) => `status = ${among(n, ...MARKET_STATUS)}`,
    created_at: (n) => `created_at = created_at - interval '${n + 1} hours'`,
    updated_at: (n) => `updated_at = updated_at - interval '${n + 1} hours'`,
  },
  market_days: {
    market_id: (n) => `market_id = ${one('markets', n)}`,
    date: (n) => `date = date + ${1 + (n % 8)}`,
    opens: (n) => `opens = '0${n % 9}:30'`,
    closes: (n) => `closes = '1${n % 9}:45'`,
    status: (n) => `status = ${among(n, 'planned', 'cancelled')}`,
    note: (n) => `note = 'Note ${n}'`,
    updated_at: (n) => `updated_at = updated_at - interval '${n + 1} hours'`,
  },
  vendor_applications: {
    market_id: (n) => `market_id = ${one('markets', n)}`,
    vendor_id: (n) => `vendor_id = ${one('vendors', n)}`,
    message: (n) => `message = 'Message ${n}'`,
    status: (n) => `status = ${among(n, ...STATUS)}`,
    reason: (n) => `reason = 'Reason ${n}'`,
    created_at: (n) => `created_at = created_at - interval '${n + 1} hours'`,
    updated_at: (n) => `updated_at = updated_at - interval '${n + 1} hours'`,
  },
}

/** A key changes with everything that points to it, in either order: foreign keys are looked at when it commits. */
const REFERENCES: Readonly<Record<Table, readonly (readonly [Table, string])[]>> = {
  accounts: [['markets', 'organizer_id']],
  vendors: [
    ['accounts', 'vendor_id'],
    ['vendor_applications', 'vendor_id'],
  ],
  markets: [
    ['vendor_applications', 'market_id'],
    ['market_days', 'market_id'],
  ],
  market_days: [],
  vendor_applications: [],
}

export function updates(table: Table, column: string, n: number, which: Some): string[] {
  if (column === 'id') {
    const rekeyed = REFERENCES[table].map(
      ([other, key]) =>
        `update ${other} set ${key} = ${fresh(n, key)} where ${key} in (${ids(table, which)})`,
    )
    return [...rekeyed, `update ${table} set id = ${fresh(n, 'id')} where id in (${ids(table, which)})`]
  }
  const update = `update ${table} set ${ASSIGNMENTS[table]![column]!(n)} where id in (${ids(table, which)})`
  // Tags are spelled alike, however the session at the prompt spells dates.
  return table === 'market_days' ? [`set local datestyle = 'SQL, DMY'`, update] : [update]
}

const NOW = `timestamptz '2026-05-01 08:00:00Z'`

const ROWS: Readonly<Record<Table, (n: number) => string>> = {
  accounts: (n) => `(id, email, name, role, password_hash, created_at)
    select ${fresh(n, "'account'", 'i')}, 'new-${n}-' || i, 'Name ${n}', 'organizer', '!', ${NOW}`,
  vendors: (n) => `(id, business_name, category, description, website, created_at, updated_at)
    select ${fresh(n, "'vendor'", 'i')}, 'Business ' || i, 'bakery', '', '', ${NOW}, ${NOW}`,
  markets: (
    n,
  ) => `(id, organizer_id, slug, name, city, region, country, description, stall_count, vendor_count, status, created_at, updated_at)
    select ${fresh(n, "'market'", 'i')}, ${one('accounts', n, `role = 'organizer'`)}, 'new-${n}-' || i, 'Market ' || i,
      ${among(n, ...CITY)}, ${among(n, ...REGION)}, ${among(n, 'US', 'FR', '')}, '', 3, ${n % 3}, ${among(n, ...MARKET_STATUS)}, ${NOW}, ${NOW}`,
  market_days: (n) => `(id, market_id, date, opens, closes)
    select ${fresh(n, "'day'", 'i')}, ${one('markets', n)}, date '2026-05-01' + ${n} + i, '09:00', '12:00'`,
  vendor_applications: (n) => `
    select ${fresh(n, "'application'", 'i')}, ${one('markets', n)}, ${one('vendors', n + 1)}, 'Please', ${among(n, ...STATUS)}, ${NOW}, ${NOW}`,
}

export function inserts(table: Table, n: number, count: number): string[] {
  return [`insert into ${table} ${ROWS[table](n)} from generate_series(1, ${count}) i on conflict do nothing`]
}

export function deletes(table: Table, which: Some): string[] {
  const gone = ids(table, which)
  const applications = (where: string) => `delete from vendor_applications where ${where}`
  switch (table) {
    case 'vendor_applications':
      return [applications(`id in (${gone})`)]
    case 'market_days':
      return [`delete from market_days where id in (${gone})`]
    case 'markets':
      return [applications(`market_id in (${gone})`), `delete from markets where id in (${gone})`]
    case 'vendors':
      return [
        applications(`vendor_id in (${gone})`),
        `delete from accounts where vendor_id in (${gone})`,
        `delete from vendors where id in (${gone})`,
      ]
    case 'accounts': {
      const theirs = `organizer_id in (${gone})`
      return [
        applications(`market_id in (select id from markets where ${theirs})`),
        `delete from markets where ${theirs}`,
        `delete from accounts where id in (${gone})`,
      ]
    }
  }
}

const number = fc.nat({ max: 30 })
const some: fc.Arbitrary<Some> = fc.record({ first: number, count: fc.constantFrom(1, 1, 2, 20) })
const table = fc.constantFrom<Table>(
  'accounts',
  'vendors',
  'markets',
  'vendor_applications',
  'vendor_applications',
  'market_days',
)

const update = table.chain((of) =>
  fc
    .tuple(fc.constantFrom('id', ...Object.keys(ASSIGNMENTS[of]!)), number, some)
    .map(([column, n, which]) => updates(of, column, n, which)),
)
const insert = fc.tuple(table, number, fc.integer({ min: 1, max: 3 })).map((args) => inserts(...args))
const remove = fc.tuple(table, some).map((args) => deletes(...args))
const upsert = fc.tuple(number, number).map(([n, m]) => [
  `insert into vendors ${ROWS.vendors(n)} from generate_series(1, 2) i
    on conflict (id) do update set business_name = 'Again ${m}'`,
])
/** Two tables changed by one statement. */
const both = fc.tuple(number, some).map(([n, which]) => [
  `with decided as (
    update vendor_applications set status = ${among(n, ...STATUS)} where id in (${ids('vendor_applications', which)}) returning market_id
  ) update markets set description = 'Decided ${n}' where id in (select market_id from decided)`,
])
const truncate = table.map((of) => [`truncate ${of} cascade`])

const statements = (...more: readonly fc.WeightedArbitrary<string[]>[]) =>
  fc
    .array(
      fc.oneof(
        { weight: 12, arbitrary: update },
        { weight: 4, arbitrary: insert },
        { weight: 2, arbitrary: remove },
        { weight: 1, arbitrary: upsert },
        { weight: 2, arbitrary: both },
        ...more,
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((each) => each.flat())

const transaction = (of: fc.Arbitrary<string[]>): fc.Arbitrary<HandMade> =>
  fc.record({
    statements: of,
    isolation: fc.constantFrom('read committed', 'read committed', 'repeatable read'),
    end: fc.constantFrom('commit', 'commit', 'commit', 'commit', 'rollback'),
  })

export const handMade = transaction(statements({ weight: 1, arbitrary: truncate }))

/** Without TRUNCATE, which waits for every other transaction. */
export const besideAnother = transaction(statements())
