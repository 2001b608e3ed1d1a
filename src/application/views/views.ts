import { z } from 'zod'
import { MARKET_STATUSES } from '../../domain/market.ts'
import { DAY_STATUSES, WEEKDAYS } from '../../domain/season.ts'
import { APPLICATION_STATUSES } from '../../domain/vendor-application.ts'

export const isoTime = z.iso
  .datetime({ precision: 3 })
  .describe('ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.')

const pageNumber = z.int().min(1)

/** What every paged view says beside its rows. */
const page = {
  total: z.int().min(0).describe('On all pages.'),
  page: pageNumber,
  page_size: z.int().min(1),
}

const pageOfCursors = pageNumber.exactOptional().describe('Absent where a cursor was asked for.')

const nextCursor = z
  .string()
  .exactOptional()
  .describe('Leads to the next page, as the `Link` does. Absent on the last one.')

const totalIsMinimum = z
  .literal(true)
  .exactOptional()
  .describe('Where there are more than `total`: of such a list no more are counted.')

const inPlace = {
  city: z.string(),
  region: z
    .string()
    .describe('State, province or canton, as the country’s addresses have it; empty where it is not known.'),
  country: z.string().describe('ISO 3166-1 alpha-2; empty where it is not known.'),
}

const address = {
  street: z.string(),
  postcode: z.string(),
  latitude: z.number().min(-90).max(90).nullable().describe('Degrees north; null where it is not known.'),
  longitude: z.number().min(-180).max(180).nullable().describe('Degrees east.'),
  time_zone: z.string().describe('An IANA name such as `America/Chicago`; empty where it is not known.'),
  website: z.string(),
}

const stallCount = z.int().min(0).nullable().describe('Null of an unclaimed market: no directory tells it.')

const unclaimed = z
  .boolean()
  .describe('Whether a public directory lists it and it has no organizer here: it takes no applications.')

const listedDay = z
  .string()
  .nullable()
  .describe('`YYYY-MM-DD` or `YYYY-MM`; of every year `--MM-DD` or `--MM`; null where nothing is said.')

/** What a public directory says of a market. */
const listing = z
  .strictObject({
    listed_by: z.string(),
    updated_on: z
      .string()
      .nullable()
      .describe('When the directory last changed it: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`; null if unknown.'),
    hours: z
      .array(
        z.strictObject({
          from: listedDay,
          to: listedDay,
          weekly: z.array(
            z.strictObject({ weekday: z.enum(WEEKDAYS), opens: z.string(), closes: z.string() }),
          ),
          words: z.string().nullable().describe('What could not be understood, as it is written there.'),
        }),
      )
      .describe('Seasons as they are listed, past ones too, each with its hours by the market’s clock.'),
    products: z.array(z.string()),
    payment: z.array(z.string()).describe('What is taken beside cash.'),
  })
  .nullable()
  .describe('Null of a market that no directory lists.')

const date = z.iso.date()
const localTime = z
  .string()
  .regex(/^\d\d:\d\d$/)
  .describe('`HH:MM` by the market’s clock.')
const instant = z.iso.datetime({ precision: 3 })

const hours = { opens: localTime, closes: localTime.describe('Not after `opens`: on the next day.') }

/** A date on which a market is open. */
const openDay = z
  .strictObject({ date, ...hours, opens_at: instant, closes_at: instant })
  .meta({ id: 'OpenDay', description: 'By the market’s clock, and as instants.' })

export const marketDay = z
  .strictObject({ ...openDay.shape, status: z.enum(DAY_STATUSES), note: z.string() })
  .meta({ id: 'MarketDay' })

export const marketDays = z
  .strictObject({ market_id: z.uuid(), time_zone: z.string(), days: z.array(marketDay) })
  .meta({ id: 'MarketDays' })

const season = z
  .strictObject({
    name: z.string(),
    from: date,
    to: date,
    weekly: z.array(z.strictObject({ weekday: z.enum(WEEKDAYS), ...hours })),
  })
  .meta({ id: 'Season' })

export type MarketDays = z.infer<typeof marketDays>
export type MarketDayView = z.infer<typeof marketDay>

/** Not for clients: whose midnight it is that makes another day of it. */
export const marketZone = z.strictObject({ time_zone: z.string() })
export type MarketZone = z.infer<typeof marketZone>

const products = z
  .array(z.string())
  .describe('What it sells, in the words that `product` of `GET /markets` takes.')

const marketSummary = z.strictObject({
  id: z.uuid(),
  slug: z.string().describe('The last part of the address of the market’s public page, `/m/{slug}`. Unique.'),
  name: z.string(),
  ...inPlace,
  time_zone: z.string().describe('An IANA name such as `America/Chicago`; empty where it is not known.'),
  stall_count: stallCount,
  vendor_count: z.int().min(0).describe('Vendors accepted. Never more than `stall_count`.'),
  unclaimed,
})

export const marketListing = z
  .strictObject({
    markets: z.array(
      z
        .strictObject({
          ...marketSummary.shape,
          listed_products: z
            .array(z.string())
            .describe('What a directory says is sold there; who sells there is not asked.'),
          days: z
            .array(openDay)
            .exactOptional()
            .describe('Of the dates that were asked for, those on which it is open.'),
          latitude: address.latitude.exactOptional(),
          longitude: address.longitude.exactOptional(),
          distance_km: z
            .number()
            .min(0)
            .exactOptional()
            .describe('From the point that was asked for, as the crow flies, to a tenth.'),
        })
        .meta({ id: 'MarketSummary' }),
    ),
    complete_to_km: z
      .number()
      .min(0)
      .exactOptional()
      .describe(
        'Near a point: up to here no market is missing. Less than `radius_km` where so many are near that some are left out.',
      ),
    total_is_minimum: totalIsMinimum,
    next_cursor: nextCursor,
    ...page,
    page: pageOfCursors,
  })
  .meta({ id: 'MarketList' })

export const marketDetail = z
  .strictObject({
    ...marketSummary.shape,
    ...address,
    description: z.string(),
    seasons: z.array(season).describe('From which its days were made.'),
    status: z.enum(MARKET_STATUSES),
    organizer: z
      .strictObject({ id: z.uuid(), name: z.string() })
      .nullable()
      .describe('Null of an unclaimed market.'),
    listing,
    vendors: z.array(
      z.strictObject({ id: z.uuid(), business_name: z.string(), category: z.string(), products }),
    ),
    created_at: isoTime,
    updated_at: isoTime,
  })
  .meta({ id: 'MarketDetail' })

/** A market as a list of its organizer's has it. */
const ownMarket = z
  .strictObject({
    ...marketSummary.shape,
    status: z.enum(MARKET_STATUSES),
    pending_applications: z.int().min(0),
    waitlisted_applications: z.int().min(0),
    created_at: isoTime,
    updated_at: isoTime,
  })
  .meta({ id: 'OwnMarket' })

export const ownMarkets = z
  .strictObject({ markets: z.array(ownMarket), ...page })
  .meta({ id: 'OwnMarketList' })

export const marketStats = z
  .strictObject({
    market_id: z.uuid(),
    vendor_count: z.int(),
    pending_applications: z.int(),
    waitlisted_applications: z.int(),
    stall_count: stallCount,
    open_stalls: z.int().nullable().describe('Null of an unclaimed market.'),
  })
  .meta({ id: 'MarketStats' })

export type Listing = NonNullable<z.infer<typeof listing>>
export type MarketListing = z.infer<typeof marketListing>
export type MarketDetail = z.infer<typeof marketDetail>
export type OwnMarkets = z.infer<typeof ownMarkets>
export type MarketStats = z.infer<typeof marketStats>

const application = z
  .strictObject({
    id: z.uuid(),
    market_id: z.uuid(),
    market_name: z.string(),
    vendor_id: z.uuid(),
    business_name: z.string(),
    status: z.enum(APPLICATION_STATUSES),
    message: z.string(),
    reason: z
      .string()
      .nullable()
      .describe('Why the organizer took the stall of a vendor that was accepted; null of all others.'),
    waiting_position: z
      .int()
      .min(1)
      .nullable()
      .describe('On the market’s waiting list, from 1, in the order of waitlisting; null of all others.'),
    created_at: isoTime,
    updated_at: isoTime,
  })
  .meta({ id: 'Application' })

/** As one of its two sides sees it. */
export const applicationDetail = z
  .strictObject({
    ...application.shape,
    contact: z
      .strictObject({ name: z.string(), email: z.string() })
      .nullable()
      .describe(
        'Who to write to on the other side: a vendor is told its organizer, and an organizer its vendor.',
      ),
  })
  .meta({ id: 'ApplicationDetail' })

export const marketApplications = z
  .strictObject({ applications: z.array(application), ...page })
  .meta({ id: 'ApplicationList' })

export type ApplicationView = z.infer<typeof application>
export type ApplicationDetail = z.infer<typeof applicationDetail>
export type MarketApplications = z.infer<typeof marketApplications>

const marketName = { id: z.uuid(), slug: z.string(), name: z.string(), ...inPlace }

export const vendorProfile = z
  .strictObject({
    id: z.uuid(),
    business_name: z.string(),
    category: z.string(),
    description: z.string(),
    website: z.string(),
    products,
    markets: z
      .array(z.strictObject(marketName))
      .describe('Active markets that accepted it, by name then id.'),
  })
  .meta({ id: 'VendorProfile' })

export const vendorListing = z
  .strictObject({
    vendors: z.array(
      z
        .strictObject({
          id: z.uuid(),
          business_name: z.string(),
          category: z.string(),
          description: z.string(),
          products,
          market_count: z.int().min(1).describe('Active markets that it sells at.'),
        })
        .meta({ id: 'VendorSummary' }),
    ),
    total_is_minimum: totalIsMinimum,
    next_cursor: nextCursor,
    ...page,
    page: pageOfCursors,
  })
  .meta({ id: 'VendorList' })

export const vendorDashboard = z
  .strictObject({
    vendor_id: z.uuid(),
    applications: z.strictObject({
      pending: z.int(),
      waitlisted: z.int(),
      accepted: z.int(),
      rejected: z.int(),
      withdrawn: z.int(),
    }),
    markets: z
      .array(z.strictObject({ ...marketName, status: z.enum(MARKET_STATUSES) }))
      .describe('Every market that accepted it, whatever its status, by name then id.'),
  })
  .meta({ id: 'VendorDashboard' })

export type VendorListing = z.infer<typeof vendorListing>
export type VendorProfile = z.infer<typeof vendorProfile>
export type VendorDashboard = z.infer<typeof vendorDashboard>

export const organizerDashboard = z
  .strictObject({
    organizer_id: z.uuid(),
    markets: z.strictObject({ draft: z.int(), active: z.int(), closed: z.int() }),
    pending_applications: z.int(),
    vendors: z.int().describe('Distinct vendors accepted at any of the organizer’s markets.'),
    recent_applications: z.array(application).describe('The ten newest, newest first.'),
  })
  .meta({ id: 'OrganizerDashboard' })

export type OrganizerDashboard = z.infer<typeof organizerDashboard>

/** What decides whether a token still counts. Never sent to anybody. */
export const accountSession = z.strictObject({
  /** The number that a token must have been issued under. */
  epoch: z.int().min(0),
})

export type AccountSession = z.infer<typeof accountSession>

/** An account as its owner sees it. Sent to no other. */
export const accountDetail = z.strictObject({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  role: z.enum(['organizer', 'vendor']),
  vendorId: z.uuid().nullable(),
})

export type AccountDetail = z.infer<typeof accountDetail>

/** All that the public page of a market shows. A draft has no page; a closed market's says so. */
export const marketPage = z.strictObject({
  slug: z.string(),
  name: z.string(),
  ...inPlace,
  ...address,
  description: z.string(),
  status: z.enum(['active', 'closed']),
  stall_count: stallCount,
  vendor_count: z.int().min(0),
  unclaimed,
  listing,
  /** The organizer's name, if it has one. */
  organizer: z.string().nullable(),
  /** The next ones, cancelled ones too. */
  days: z.array(marketDay),
  /** The day before, where that closes after midnight. */
  night: openDay.nullable(),
  /** The accepted ones, by name then id. */
  vendors: z.array(
    z.strictObject({
      id: z.uuid(),
      business_name: z.string(),
      category: z.string(),
      description: z.string(),
      website: z.string(),
      products,
    }),
  ),
})

/** A page of the public list; places as `normalizePlace` gives them, null for all. */
export const marketsPage = z.strictObject({
  ...marketListing.shape,
  page: pageNumber,
  city: z.string().nullable(),
  region: z.string().nullable(),
  country: z.string().nullable(),
  q: z.string().nullable(),
  product: z.string().nullable(),
  /** Near which point, as an address has it; null in what is kept for all points of a cell. */
  near: z.strictObject({ point: z.string().nullable(), radius_km: z.number() }).nullable(),
  /** What was asked for, in the words of the address; null for markets that may never open. */
  day: z.string().nullable(),
})

/** All that the public page of a vendor shows. */
export const vendorPage = z.strictObject({
  ...vendorProfile.shape,
  markets: z.array(
    z.strictObject({
      ...marketName,
      /** The next ones on which it is open. */
      days: z.array(z.strictObject({ date, ...hours })),
    }),
  ),
})

/** A page of the public list of vendors. */
export const vendorsPage = z.strictObject({
  ...vendorListing.shape,
  page: pageNumber,
  q: z.string().nullable(),
  product: z.string().nullable(),
})

/** What a calendar shows of a market: all its days. */
export const marketCalendar = z.strictObject({
  slug: z.string(),
  name: z.string(),
  ...inPlace,
  ...address,
  days: z.array(z.strictObject({ ...marketDay.shape, updated_at: isoTime })),
})

/** The slugs of active markets, a part of them at a time. */
export const sitemapPart = z.strictObject({ slugs: z.array(z.string()) })

/** How many active markets the parts of the sitemap have to cover. */
export const sitemapIndex = z.strictObject({ total: page.total })

export type MarketPage = z.infer<typeof marketPage>
export type MarketCalendar = z.infer<typeof marketCalendar>
export type MarketsPage = z.infer<typeof marketsPage>
export type VendorPage = z.infer<typeof vendorPage>
export type VendorsPage = z.infer<typeof vendorsPage>
export type SitemapPart = z.infer<typeof sitemapPart>
export type SitemapIndex = z.infer<typeof sitemapIndex>
