import { z } from 'zod'
import { CURSOR_EXPECTED } from '../../../application/markets/market-reads.ts'
import type { AskedNear } from '../../../application/markets/near-markets.ts'
import type { SearchParams } from '../../../application/ports/view-queries.ts'
import { LONGEST_CURSOR } from '../../../application/tables/cursor.ts'
import {
  type MarketDayView,
  type MarketDetail,
  type MarketListing,
  marketDay,
  marketDetail,
  type OwnMarkets,
} from '../../../application/views/views.ts'
import {
  MARKET_LIMITS,
  MARKET_STATUSES,
  normalizePlace,
  SEARCH_LIMITS,
  SLUG,
} from '../../../domain/market.ts'
import { DAY_STATUSES, SEASON_LIMITS, WEEKDAYS } from '../../../domain/season.ts'
import { erase, get, patch, post, put, putOrPatch } from '../kit/api-route.ts'
import { json, nothing } from '../kit/operation.ts'
import {
  allOptional,
  body,
  changes,
  country,
  countryToFind,
  date,
  degrees,
  line,
  localTime,
  name,
  paging,
  point,
  product,
  prose,
  radius,
  timeZone,
  website,
  words,
} from '../kit/text-schemas.ts'
import { HOLLYWOOD, ORGANIZER_ID, VENDOR_ID } from './examples.ts'

const { stallCount: mostStalls, slug: longestSlug } = MARKET_LIMITS
const stallCountError = `expected a whole number from 1 to ${mostStalls}`
const slugError = `expected lower-case letters and digits joined by single hyphens, at most ${longestSlug} characters`

/** What an organizer says of a market, as it travels. Without it nothing is known of the place. */
const optional = {
  street: line(MARKET_LIMITS.street),
  region: line(MARKET_LIMITS.region).describe(
    'State, province or canton, as the country’s addresses have it: `IL`, `Ontario`, `ZH`.',
  ),
  postcode: line(MARKET_LIMITS.postcode),
  country: country().describe('ISO 3166-1 alpha-2, or an empty text.'),
  latitude: degrees(90).describe('Degrees north; null, or together with the longitude.'),
  longitude: degrees(180).describe('Degrees east; null, or together with the latitude.'),
  time_zone: timeZone().describe(
    'The market’s, by its IANA name, such as `America/Chicago`, or an empty text.',
  ),
  website: website(MARKET_LIMITS.website),
  description: prose(MARKET_LIMITS.description),
}

const fields = {
  name: name(MARKET_LIMITS.name),
  city: name(MARKET_LIMITS.city),
  ...optional,
  stall_count: z
    .int({ error: stallCountError })
    .min(1, { error: stallCountError })
    .max(mostStalls, { error: stallCountError })
    .describe('Never below the vendors already accepted.'),
}

const slug = z
  .string({ error: slugError })
  .max(longestSlug, { error: slugError })
  .regex(SLUG, { error: slugError })
  .describe(
    'Names the public page, `/m/{slug}`. Without one, it is made of name and city, and of the region where that is taken.',
  )

const status = z
  .enum(MARKET_STATUSES, { error: `expected one of ${MARKET_STATUSES.join(', ')}` })
  .describe('`draft` → `active` → `closed` → `active` → …')

const newMarket = body({
  ...fields,
  ...allOptional(optional),
  slug: slug.exactOptional(),
})
  .transform(({ stall_count: stallCount, time_zone: timeZone, ...rest }) => ({
    ...rest,
    stallCount,
    ...(timeZone !== undefined && { timeZone }),
  }))
  .meta({ id: 'NewMarket' })

const marketChanges = changes({ ...fields, status })
  .transform(({ stall_count: stallCount, time_zone: timeZone, ...rest }) => ({
    ...rest,
    ...(stallCount !== undefined && { stallCount }),
    ...(timeZone !== undefined && { timeZone }),
  }))
  .meta({ id: 'MarketChanges' })

/** Each narrows a list of markets; a blank one means all. */
export const placesQuery = {
  city: line(MARKET_LIMITS.city)
    .describe('Only markets of this city, compared without case and surrounding blanks.')
    .exactOptional(),
  region: line(MARKET_LIMITS.region)
    .describe('Only markets of this state, province or canton, compared likewise, as they write it.')
    .exactOptional(),
  country: countryToFind()
    .describe('Only markets of this country, by its two letters of ISO 3166-1.')
    .exactOptional(),
  q: words(SEARCH_LIMITS.shortest, SEARCH_LIMITS.longest)
    .describe(
      'Only markets that have all these words in their name, city, region or the names of those who sell there, compared without case and accents; of three letters or more, their beginnings suffice. At most the first 200 are found: narrow by place.',
    )
    .exactOptional(),
}

export const productQuery = {
  product: product()
    .describe(
      'Only markets that a directory lists with this product, or where one of the vendors sells it. At most the first 200 are found: narrow by place.',
    )
    .exactOptional(),
}

const datesQuery = {
  on: date()
    .describe('Only markets that open on this date, where they stand; with their hours.')
    .exactOptional(),
  from: date().describe('Only markets that open on a date from this one on; with to.').exactOptional(),
  to: date().describe('Up to this date: at most seven days.').exactOptional(),
}

/** Where a page begins; `others`: what no list repeats or hides. */
export function cursor(expected: string, others: string) {
  return z
    .string({ error: expected })
    .max(LONGEST_CURSOR, { error: expected })
    .describe(
      `Instead of \`page\`: the page behind one whose \`next_cursor\` this is. However deep, it costs what the first one does, and what is opened, renamed or closed meanwhile neither repeats nor hides another ${others}.`,
    )
}

/** Where markets are to be near; goes together with dates. */
export const nearQuery = {
  near: point()
    .describe(
      'Only markets whose place is known and within `radius_km` of this point, the nearest first, each with its distance. Goes together with dates, and with no place, no words, no product and no cursor.',
    )
    .exactOptional(),
  radius_km: radius().describe('How far, in km; with near.').exactOptional(),
}

/** What of it was given. */
export function asNear({ near, radius_km: radiusKm }: z.output<z.ZodObject<typeof nearQuery>>): AskedNear {
  return { ...(near && { near }), ...(radiusKm && { radiusKm }) }
}

const listingQuery = z
  .strictObject({
    ...paging,
    cursor: cursor(CURSOR_EXPECTED, 'market').exactOptional(),
    ...placesQuery,
    ...productQuery,
    ...datesQuery,
    ...nearQuery,
  })
  .transform(({ page, page_size: pageSize, cursor, product, on, from, to, near, radius_km, ...places }) => ({
    page,
    pageSize,
    ...(cursor !== undefined && { cursor }),
    ...asCompared(places),
    ...(product && { product }),
    ...asNear({ ...(near && { near }), ...(radius_km && { radius_km }) }),
    ...(on !== undefined && { on }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }))

const statusError = `expected one of ${MARKET_STATUSES.join(', ')}, given once`

const ownQuery = z
  .strictObject({ ...paging, status: z.enum(MARKET_STATUSES, { error: statusError }).exactOptional() })
  .transform(({ page_size: pageSize, ...rest }) => ({ ...rest, pageSize }))

/** What is looked for, as it is compared. */
export function asCompared(
  places: Readonly<Partial<Record<keyof typeof placesQuery, string>>>,
): SearchParams {
  const keys = Object.entries(places).map(([name, place = '']) => [name, normalizePlace(place)] as const)
  return Object.fromEntries(keys.filter(([, key]) => key !== ''))
}

const hours = {
  opens: localTime().describe('By the market’s clock.'),
  closes: localTime().describe('Not after `opens`: on the next day.'),
}

const { name: longestSeason, note: longestNote, seasons: mostSeasons } = SEASON_LIMITS
const seasonsError = `expected a list of at most ${mostSeasons} seasons`
const weeklyError = 'expected a list of one to seven days of the week'
const weekdayError = `expected one of ${WEEKDAYS.join(', ')}`

const season = body({
  name: line(longestSeason).default('').describe('Such as `Summer`; may be empty.'),
  from: date().describe('The first date, where the market stands.'),
  to: date().describe(`The last date: at most ${SEASON_LIMITS.days} days.`),
  weekly: z
    .array(body({ weekday: z.enum(WEEKDAYS, { error: weekdayError }), ...hours }), { error: weeklyError })
    .min(1, { error: weeklyError })
    .max(7, { error: weeklyError }),
}).meta({ id: 'NewSeason' })

const schedule = body({
  seasons: z.array(season, { error: seasonsError }).max(mostSeasons, { error: seasonsError }),
}).meta({ id: 'Schedule' })

const dayChanges = changes({
  ...hours,
  status: z.enum(DAY_STATUSES, { error: `expected one of ${DAY_STATUSES.join(', ')}` }),
  note: line(longestNote).describe('For visitors: why it is cancelled, what is special.'),
}).meta({ id: 'DayChanges' })

const daysQuery = z.strictObject({
  from: date().describe('The first date. Without it, today where the market stands.').exactOptional(),
  to: date().describe('The last date. Without it, ninety days later.').exactOptional(),
})

const DAY: MarketDayView = {
  date: '2026-12-05',
  opens: '08:00',
  closes: '13:00',
  opens_at: '2026-12-05T16:00:00.000Z',
  closes_at: '2026-12-05T21:00:00.000Z',
  status: 'planned',
  note: '',
}

const SEASONS = [
  {
    name: 'Winter',
    from: '2026-12-01',
    to: '2027-02-28',
    weekly: [{ weekday: 'saturday' as const, opens: '08:00', closes: '13:00' }],
  },
]

const SUMMARY: Omit<MarketListing['markets'][number], 'listed_products'> = {
  id: HOLLYWOOD.id,
  slug: HOLLYWOOD.slug,
  name: HOLLYWOOD.name,
  city: HOLLYWOOD.city,
  region: HOLLYWOOD.region,
  country: HOLLYWOOD.country,
  time_zone: 'America/Los_Angeles',
  stall_count: 30,
  vendor_count: 1,
  unclaimed: false,
}

const MARKET: MarketDetail = {
  ...SUMMARY,
  street: '4420 NE Hancock St',
  postcode: '97213',
  latitude: 45.5373,
  longitude: -122.6174,
  website: 'https://hollywood-market.example',
  seasons: SEASONS,
  description: 'Saturdays, eight to one, rain or shine.',
  status: 'active',
  organizer: { id: ORGANIZER_ID, name: 'Rosa Almeida' },
  listing: null,
  vendors: [
    { id: VENDOR_ID, business_name: 'Green Acres', category: 'vegetables', products: ['vegetables', 'eggs'] },
  ],
  created_at: '2026-11-22T21:26:00.000Z',
  updated_at: '2026-11-23T08:15:30.250Z',
}

const DRAFT: MarketDetail = {
  ...MARKET,
  status: 'draft',
  vendor_count: 0,
  vendors: [],
  updated_at: MARKET.created_at,
}

const OWN: OwnMarkets['markets'][number] = {
  ...SUMMARY,
  vendor_count: 0,
  status: 'draft',
  pending_applications: 0,
  waitlisted_applications: 0,
  created_at: MARKET.created_at,
  updated_at: MARKET.created_at,
}

export const MARKET_ROUTES = [
  get('/markets', 'listMarkets', {
    tag: 'Markets',
    summary: 'List active markets',
    description:
      'By name as people sort, without case, accents and punctuation. Each place, date, word and product narrows the list. Dates are those where a market stands, from yesterday to 370 days ahead. Near a point, the nearest come first; up to `complete_to_km` none is missing.',
    query: listingQuery,
    answer: 'A page of the list.',
    example: { markets: [{ ...SUMMARY, listed_products: [] }], total: 1, page: 1, page_size: 20 },
  }),
  post('/markets', 'createMarket', {
    tag: 'Markets',
    summary: 'Create a market',
    description: 'It begins as a draft, which only its organizer sees.',
    token: 'organizer',
    body: newMarket,
    examples: {
      'A market': { name: 'Hollywood Market', city: 'Portland', stall_count: 30 },
      'With a slug of its own': {
        name: 'Hollywood Market',
        city: 'Portland',
        description: 'Saturdays, eight to one, rain or shine.',
        stall_count: 30,
        slug: 'hollywood-market',
      },
      'With its place': {
        name: 'Hollywood Market',
        street: '4420 NE Hancock St',
        city: 'Portland',
        region: 'OR',
        postcode: '97213',
        country: 'US',
        latitude: 45.5373,
        longitude: -122.6174,
        time_zone: 'America/Los_Angeles',
        website: 'https://hollywood-market.example',
        stall_count: 30,
      },
    },
    answer: json(201, 'The draft.', marketDetail, DRAFT),
    errors: ['slug-taken'],
    represents: 'getMarket',
    run: ({ createMarket }, { body, viewer, once }) => createMarket(viewer.accountId, body, once),
    location: ({ id }) => `/markets/${id}`,
  }),
  get('/markets/:id', 'getMarket', {
    tag: 'Markets',
    summary: 'Get a market with its vendors',
    description: 'A draft is found by its organizer alone.',
    answer: 'The market.',
    example: MARKET,
  }),
  ...putOrPatch('/markets/:id', 'updateMarket', 'patchMarket', {
    tag: 'Markets',
    summary: 'Change a market',
    description: 'What is not given stays. For its organizer.',
    token: 'organizer',
    missing: 'market-not-found',
    body: marketChanges,
    examples: {
      'Open it': { status: 'active' },
      'Rename it and give it more stalls': { name: 'Hollywood Market', stall_count: 40 },
    },
    answer: json(200, 'The market as it is now.', marketDetail, MARKET),
    errors: ['wrong-status', 'stalls-taken', 'time-zone-missing'],
    represents: 'getMarket',
    run: ({ updateMarket }, { id, body, viewer, seen }) => updateMarket(id, body, viewer, seen),
  }),
  put('/markets/:id/seasons', 'scheduleMarket', {
    tag: 'Markets',
    summary: 'Say when a market opens',
    description:
      'Instead of what was said before: its days are made anew. What was said of a single date stays, where it is still one of its days. No two seasons share a date.',
    token: 'organizer',
    missing: 'market-not-found',
    body: schedule,
    examples: { 'Saturdays in winter': { seasons: SEASONS }, 'No days': { seasons: [] } },
    answer: json(200, 'The market as it is now.', marketDetail, MARKET),
    errors: ['time-zone-missing'],
    represents: 'getMarket',
    run: ({ scheduleMarket }, { id, body, viewer, seen }) => scheduleMarket(id, body.seasons, viewer, seen),
  }),
  get('/markets/:id/days', 'listDays', {
    tag: 'Markets',
    summary: 'List the days on which a market opens',
    description: 'Cancelled ones, too. Those of a draft are found by its organizer alone.',
    query: daysQuery,
    answer: 'The days, by date.',
    example: { market_id: HOLLYWOOD.id, time_zone: 'America/Los_Angeles', days: [DAY] },
  }),
  patch('/markets/:id/days/:date', 'changeDay', {
    tag: 'Markets',
    summary: 'Change one of a market’s days',
    description: 'A holiday, a storm. What is not given stays. For its organizer.',
    token: 'organizer',
    missing: 'market-not-found',
    body: dayChanges,
    examples: {
      'Cancel it': { status: 'cancelled', note: 'No market in the storm.' },
      'Close early': { closes: '11:00' },
    },
    answer: json(200, 'The day as it is now.', marketDay, {
      ...DAY,
      status: 'cancelled',
      note: 'No market in the storm.',
    }),
    errors: ['day-not-found'],
    run: ({ changeDay }, { id, date, body, viewer }) => changeDay(id, date, body, viewer),
  }),
  erase('/markets/:id', 'deleteMarket', {
    tag: 'Markets',
    summary: 'Delete a draft',
    description: 'For its organizer. Anything but a draft has been seen by others: close it instead.',
    token: 'organizer',
    missing: 'market-not-found',
    answer: nothing('There is no such market any more, and its slug is free.'),
    errors: ['not-a-draft'],
    represents: 'getMarket',
    run: ({ deleteMarket }, { id, viewer, seen }) => deleteMarket(id, viewer, seen),
  }),
  get('/me/markets', 'listOwnMarkets', {
    tag: 'Markets',
    summary: 'List the markets of the organizer that the token belongs to',
    description: 'Drafts and closed ones, too; newest first.',
    query: ownQuery,
    told: ['organizer'],
    answer: 'A page of the list.',
    example: { markets: [OWN], total: 1, page: 1, page_size: 20 },
  }),
  get('/markets/:id/stats', 'getMarketStats', {
    tag: 'Markets',
    summary: 'Count a market’s vendors, applications and stalls',
    description: 'Those of a draft are found by its organizer alone.',
    answer: 'The counts.',
    example: {
      market_id: HOLLYWOOD.id,
      vendor_count: 1,
      pending_applications: 3,
      waitlisted_applications: 0,
      stall_count: 30,
      open_stalls: 29,
    },
  }),
]
