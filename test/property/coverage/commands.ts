import fc from 'fast-check'
import type { Role } from '../../../src/domain/account.ts'
import { MARKET_STATUSES, type MarketStatus } from '../../../src/domain/market.ts'
import type { Product } from '../../../src/domain/products.ts'
import { DAY_STATUSES, type DayStatus, type Season } from '../../../src/domain/season.ts'

/**
 * A write, as plain data, so that fast-check can shrink and print it. Numbers choose among what there is when it runs
 * (one more than there is: an unknown id); a `stranger` is an account that may not do it.
 */
export type Command =
  | { readonly do: 'register'; readonly role: Role; readonly email: number; readonly name: string }
  | { readonly do: 'delete-account'; readonly account: number }
  | { readonly do: 'sign-out' | 'change-password' | 'reset-password'; readonly account: number }
  | {
      readonly do: 'edit-account'
      readonly account: number
      readonly changes: { readonly name?: string; readonly email?: number }
    }
  | {
      readonly do: 'create'
      readonly organizer: number
      readonly name: string
      readonly city: string
      readonly region: string
      readonly country: string
      readonly stallCount: number
      readonly slug: string | undefined
    }
  | {
      readonly do: 'edit'
      readonly market: number
      readonly stranger: boolean
      readonly changes: {
        readonly name?: string
        readonly city?: string
        readonly region?: string
        readonly country?: string
        readonly street?: string
        readonly latitude?: number
        readonly timeZone?: string
        readonly website?: string
        readonly description?: string
        readonly stallCount?: number
        readonly status?: MarketStatus
      }
    }
  | { readonly do: 'schedule'; readonly market: number; readonly stranger: boolean; readonly seasons: number }
  | {
      readonly do: 'change-day'
      readonly market: number
      readonly stranger: boolean
      readonly date: string
      readonly changes: { readonly closes?: string; readonly status?: DayStatus; readonly note?: string }
    }
  | {
      readonly do: 'import'
      readonly organizer: number
      readonly rows: readonly ImportedRow[]
      readonly close: boolean
    }
  | { readonly do: 'assign'; readonly listed: number; readonly organizer: number }
  | { readonly do: 'apply'; readonly market: number; readonly vendor: number }
  | { readonly do: 'delete'; readonly market: number; readonly stranger: boolean }
  | { readonly do: Move; readonly application: number; readonly stranger: boolean }
  | {
      readonly do: 'edit-vendor'
      readonly vendor: number
      readonly stranger: boolean
      readonly changes: {
        readonly businessName?: string
        readonly category?: string
        readonly description?: string
        readonly website?: string
        readonly products?: readonly Product[]
      }
    }

type Move = (typeof MOVES)[number]
const MOVES = ['accept', 'reject', 'waitlist', 'remove', 'withdraw'] as const

interface ImportedRow {
  readonly directory: number
  readonly name: string
  readonly city: string
  readonly region: string
  readonly country: string
}

/** Slugs that organizers ask for. */
export const SLUGS = ['one', 'two'] as const

/** Three spellings of one city, and two others; `a:b` looks like the structure of a key. */
export const CITIES = ['Chicago', ' chicago', 'CHICAGO ', 'a:b', 'São Paulo'] as const

/** Where markets are, each as its own latitude and longitude; the last is a few km from the first, in another cell. */
export const POINTS = [1.5, -2, 1.599] as const

/** Two spellings of one region, and another; and none. */
export const REGIONS = ['IL', ' il', 'Île-de-France', ''] as const
export const COUNTRIES = ['US', 'FR', ''] as const

/** The moment at which worlds are asked: a Friday, by every clock but those furthest east. */
export const NOW = Date.parse('2026-05-01T08:00:00.000Z')
/** A Saturday, a Sunday, a Saturday later, and a day on which no market opens. */
export const DATES = ['2026-05-02', '2026-05-03', '2026-05-09', '2026-05-05'] as const

const opens = (weekday: 'saturday' | 'sunday', closes: string) => ({ weekday, opens: '09:00', closes })
const fromMay = (to: string, ...weekly: ReturnType<typeof opens>[]) => ({
  name: '',
  from: '2026-05-01',
  to,
  weekly,
})
/** What organizers say of when they open. */
export const SCHEDULES: readonly (readonly Season[])[] = [
  [fromMay('2026-05-10', opens('saturday', '13:00'), opens('sunday', '13:00'))],
  [fromMay('2026-05-08', opens('saturday', '14:00'))],
  [fromMay('2026-05-31', opens('sunday', '01:00'))],
  [],
]

/** Of names of markets and vendors, of cities, and of both; and those that begin them. */
export const WORDS = [
  'alder',
  'Birch',
  'CED',
  'elder chicago',
  'dill alder',
  'sao',
  'market',
  'Business',
] as const

/** What vendors sell; directories list eggs. */
export const SOLD = ['eggs', 'baked goods', 'honey'] as const

const index = fc.nat({ max: 6 })
const name = fc.constantFrom('Alder', 'Birch', 'Cedar', 'Dill')
const city = fc.constantFrom(...CITIES)
const region = fc.constantFrom(...REGIONS)
const country = fc.constantFrom(...COUNTRIES)
const stallCount = fc.nat({ max: 3 })
const stranger = fc.integer({ min: 0, max: 9 }).map((n) => n === 9)
const optional = { requiredKeys: [] }

const register = fc.record({
  do: fc.constant('register' as const),
  role: fc.constantFrom<Role>('organizer', 'vendor'),
  email: index,
  name,
})

export const endSessions = fc.record({
  do: fc.constantFrom('sign-out' as const, 'change-password' as const, 'reset-password' as const),
  account: index,
})

const editAccount = fc.record({
  do: fc.constant('edit-account' as const),
  account: index,
  changes: fc.record({ name, email: index }, optional),
})

const deleteAccount = fc.record({ do: fc.constant('delete-account' as const), account: index })

const create = fc.record({
  do: fc.constant('create' as const),
  organizer: index,
  name,
  city,
  region,
  country,
  stallCount,
  slug: fc.option(fc.constantFrom(...SLUGS), { nil: undefined, freq: 2 }),
})

const edit = fc.record({
  do: fc.constant('edit' as const),
  market: index,
  stranger,
  changes: fc.record(
    {
      name,
      city,
      region,
      country,
      street: fc.constantFrom('', '1 Main St'),
      latitude: fc.constantFrom(...POINTS),
      timeZone: fc.constantFrom('', 'America/Chicago'),
      website: fc.constantFrom('', 'https://m.example'),
      description: fc.constantFrom('', 'On Sundays'),
      stallCount,
      status: fc.constantFrom<MarketStatus>(...MARKET_STATUSES),
    },
    optional,
  ),
})

/** Publishing, closing and opening again: rarely hit by chance among all fields, and the writes that hide the most. */
const turn = fc.record({
  do: fc.constant('edit' as const),
  market: index,
  stranger: fc.constant(false),
  changes: fc.record({ status: fc.constantFrom<MarketStatus>('active', 'closed') }),
})

const schedule = fc.record({
  do: fc.constant('schedule' as const),
  market: index,
  stranger,
  seasons: fc.nat({ max: SCHEDULES.length - 1 }),
})

const changeDay = fc.record({
  do: fc.constant('change-day' as const),
  market: index,
  stranger,
  date: fc.constantFrom(...DATES),
  changes: fc.record(
    {
      closes: fc.constantFrom('12:00', '15:00'),
      status: fc.constantFrom(...DAY_STATUSES),
      note: fc.constantFrom('', 'A storm'),
    },
    optional,
  ),
})

const importing = fc.record({
  do: fc.constant('import' as const),
  organizer: index,
  close: fc.boolean(),
  rows: fc.uniqueArray(fc.record({ directory: fc.nat({ max: 2 }), name, city, region, country }), {
    selector: (row) => row.directory,
    minLength: 1,
    maxLength: 3,
  }),
})

const assign = fc.record({ do: fc.constant('assign' as const), listed: index, organizer: index })

const apply = fc.record({ do: fc.constant('apply' as const), market: index, vendor: index })

const move = fc.record({ do: fc.constantFrom<Move>(...MOVES), application: index, stranger })

const accept = fc.record({
  do: fc.constant<Move>('accept'),
  application: index,
  stranger: fc.constant(false),
})

const erase = fc.record({ do: fc.constant('delete' as const), market: index, stranger })

const editVendor = fc.record({
  do: fc.constant('edit-vendor' as const),
  vendor: index,
  stranger,
  changes: fc.record(
    {
      businessName: name,
      category: fc.constantFrom('bakery', 'flowers'),
      description: fc.constantFrom('', 'Since 1912'),
      website: fc.constantFrom('', 'https://a.example'),
      products: fc.subarray<Product>([...SOLD]),
    },
    optional,
  ),
})

export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: register },
  { weight: 1, arbitrary: endSessions },
  { weight: 3, arbitrary: editAccount },
  { weight: 1, arbitrary: deleteAccount },
  { weight: 2, arbitrary: create },
  { weight: 4, arbitrary: edit },
  { weight: 3, arbitrary: turn },
  { weight: 3, arbitrary: schedule },
  { weight: 4, arbitrary: changeDay },
  { weight: 2, arbitrary: importing },
  { weight: 2, arbitrary: assign },
  { weight: 5, arbitrary: apply },
  { weight: 4, arbitrary: move },
  { weight: 4, arbitrary: accept },
  { weight: 2, arbitrary: erase },
  { weight: 3, arbitrary: editVendor },
)

/** The writes of one world. */
export const commands = fc.array(command, { minLength: 15, maxLength: 25, size: 'max' })

/** Writes that chance rarely makes: a listed market of a country gets an organizer, a market gets another time zone. */
export const RARE: readonly Command[] = [
  {
    do: 'import',
    organizer: 0,
    rows: [{ directory: 0, name: 'Alder', city: 'Chicago', region: 'IL', country: 'US' }],
    close: false,
  },
  { do: 'assign', listed: 0, organizer: 1 },
  { do: 'edit', market: 1, stranger: false, changes: { timeZone: 'Europe/Paris' } },
]

/** What every world begins with, so that the first random command already has something to change. */
export const NUCLEUS: readonly Command[] = [
  { do: 'register', role: 'organizer', email: 100, name: 'Olga' },
  { do: 'register', role: 'organizer', email: 101, name: 'Otto' },
  { do: 'register', role: 'vendor', email: 102, name: 'Vera' },
  { do: 'register', role: 'vendor', email: 103, name: 'Viktor' },
  { do: 'register', role: 'vendor', email: 104, name: 'Violet' },
  {
    do: 'create',
    organizer: 0,
    name: 'Elder',
    city: 'Chicago',
    region: 'IL',
    country: 'US',
    stallCount: 3,
    slug: undefined,
  },
  { do: 'edit', market: 0, stranger: false, changes: { status: 'active', latitude: POINTS[0] } },
  {
    do: 'create',
    organizer: 1,
    name: 'Fennel',
    city: 'a:b',
    region: 'Île-de-France',
    country: 'FR',
    stallCount: 1,
    slug: undefined,
  },
  { do: 'edit', market: 1, stranger: false, changes: { status: 'active' } },
  { do: 'schedule', market: 0, stranger: false, seasons: 0 },
  { do: 'schedule', market: 1, stranger: false, seasons: 1 },
  { do: 'apply', market: 0, vendor: 0 },
  { do: 'apply', market: 0, vendor: 1 },
  { do: 'apply', market: 1, vendor: 2 },
  { do: 'apply', market: 1, vendor: 1 },
  { do: 'accept', application: 0, stranger: false },
  { do: 'accept', application: 1, stranger: false },
  { do: 'waitlist', application: 2, stranger: false },
  { do: 'waitlist', application: 3, stranger: false },
]
