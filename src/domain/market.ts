import type { DirectoryListing } from './directory-listing.ts'
import { MarketflowError } from './errors.ts'
import { type MarketDay, plannedDays, type Season } from './season.ts'

export const MARKET_STATUSES = ['draft', 'active', 'closed'] as const
export type MarketStatus = (typeof MARKET_STATUSES)[number]

/** The longest texts, in characters, and the most stalls. */
export const MARKET_LIMITS = {
  name: 120,
  city: 120,
  street: 200,
  region: 120,
  postcode: 20,
  website: 300,
  description: 2000,
  slug: 80,
  stallCount: 10_000,
} as const

/** Of a text that is looked for, in characters. */
export const SEARCH_LIMITS = { shortest: 2, longest: 60 } as const

/** A market opens once, and from then on alternates: draft → active → closed → active → … */
const NEXT_STATUS: Record<MarketStatus, MarketStatus> = {
  draft: 'active',
  active: 'closed',
  closed: 'active',
}

/** Where a market is, and where it tells more of itself. What is not known is empty, or null. */
export interface Place {
  city: string
  /** With the house number, as it is written there. */
  street: string
  /** State, province, canton: as the country's addresses have it. */
  region: string
  postcode: string
  /** ISO 3166-1 alpha-2, in capitals. */
  country: string
  /** Degrees north, from -90 to 90; null, or known together with the longitude. */
  latitude: number | null
  /** Degrees east, from -180 to 180. */
  longitude: number | null
  /** An IANA name: of the market, not of the server or the reader. */
  timeZone: string
  website: string
}

/** All of a place but its city, where nothing is known. */
export const NOWHERE: Omit<Place, 'city'> = {
  street: '',
  region: '',
  postcode: '',
  country: '',
  latitude: null,
  longitude: null,
  timeZone: '',
  website: '',
}

export interface MarketProps extends Pick<Place, 'city'>, Partial<Omit<Place, 'city'>> {
  id: string
  organizerId: string
  slug: string
  name: string
  /** Default: none. */
  description?: string
  stallCount: number
  /** The directory that this market was imported from, the id it has there, and what is said of it; absent if none. */
  directorySource?: string | null
  directoryId?: string | null
  listing?: DirectoryListing | null
  /** Whether a directory lists it and it has no organizer here. Default: false. */
  unclaimed?: boolean
  createdAt: Date
}

export type MarketChanges = Partial<Place & Pick<Market, 'name' | 'description' | 'stallCount' | 'status'>>

/** A farmers' market: where it is, how many stalls it has, and how many of them are taken. */
export class Market {
  readonly id: string
  /** Of an unclaimed market: the account that stands for directories. */
  organizerId: string
  readonly slug: string
  readonly directorySource: string | null
  readonly directoryId: string | null
  listing: DirectoryListing | null
  unclaimed: boolean
  name: string
  city: string
  street: string
  region: string
  postcode: string
  country: string
  latitude: number | null
  longitude: number | null
  timeZone: string
  website: string
  description: string
  seasons: readonly Season[]
  stallCount: number
  /** How many vendors are accepted; kept here so that the row lock that guards it also guards the stalls. */
  vendorCount = 0
  status: MarketStatus = 'draft'
  readonly createdAt: Date
  updatedAt: Date

  constructor(props: MarketProps) {
    this.id = props.id
    this.organizerId = props.organizerId
    this.slug = props.slug
    this.directorySource = props.directorySource ?? null
    this.directoryId = props.directoryId ?? null
    this.listing = props.listing ?? null
    this.unclaimed = props.unclaimed ?? false
    this.name = props.name
    const place: Place = { ...NOWHERE, ...props }
    this.city = place.city
    this.street = place.street
    this.region = place.region
    this.postcode = place.postcode
    this.country = place.country
    this.latitude = place.latitude
    this.longitude = place.longitude
    this.timeZone = place.timeZone
    this.website = place.website
    this.description = props.description ?? ''
    this.seasons = []
    this.stallCount = props.stallCount
    assertPoint(place.latitude, place.longitude)
    this.createdAt = props.createdAt
    this.updatedAt = props.createdAt
  }

  /**
   * Applies what an organizer edits; absent fields stay as they are. All or nothing.
   * @throws MarketflowError `wrong-status` for a move outside the lifecycle, `stalls-taken` for fewer than accepted
   * vendors, `validation-failed` for half a point on the map, `time-zone-missing` where seasons would lose theirs.
   */
  edit(changes: MarketChanges, now: Date): void {
    const { status = this.status, stallCount = this.stallCount } = changes
    const { latitude = this.latitude, longitude = this.longitude } = changes
    if (status !== this.status && NEXT_STATUS[this.status] !== status) {
      throw new MarketflowError('wrong-status', `A market that is ${this.status} cannot become ${status}`, {
        errors: [{ path: 'status', message: `expected ${this.status} or ${NEXT_STATUS[this.status]}` }],
      })
    }
    if (stallCount < this.vendorCount) {
      throw new MarketflowError(
        'stalls-taken',
        `${this.vendorCount} vendors are accepted; stall_count cannot be below that`,
        { errors: [{ path: 'stall_count', message: `expected at least ${this.vendorCount}` }] },
      )
    }
    assertPoint(latitude, longitude)
    assertZone(changes.timeZone ?? this.timeZone, this.seasons)
    this.name = changes.name ?? this.name
    this.city = changes.city ?? this.city
    this.street = changes.street ?? this.street
    this.region = changes.region ?? this.region
    this.postcode = changes.postcode ?? this.postcode
    this.country = changes.country ?? this.country
    this.latitude = latitude
    this.longitude = longitude
    this.timeZone = changes.timeZone ?? this.timeZone
    this.website = changes.website ?? this.website
    this.description = changes.description ?? this.description
    this.stallCount = stallCount
    this.status = status
    this.updatedAt = now
  }

  /** What a directory says now. One that was closed because it was missing there opens again. */
  relist(
    told: Readonly<Place> & { name: string; description: string; listing: DirectoryListing },
    now: Date,
  ): void {
    this.edit({ ...told, status: 'active' }, now)
    this.listing = told.listing
  }

  /** A listing becomes an organizer's own market. @throws MarketflowError `market-claimed` */
  handOver(organizerId: string, now: Date): void {
    if (!this.unclaimed) throw new MarketflowError('market-claimed')
    this.organizerId = organizerId
    this.unclaimed = false
    this.updatedAt = now
  }

  /** Its organizer has left. */
  passTo(organizerId: string, now: Date): void {
    this.organizerId = organizerId
    this.updatedAt = now
  }

  /**
   * Takes these seasons instead of those before.
   * @returns every date on which it opens then, in order
   * @throws MarketflowError `time-zone-missing`, or `validation-failed` for seasons that make no sense
   */
  schedule(seasons: readonly Season[], now: Date): MarketDay[] {
    const days = plannedDays(seasons)
    assertZone(this.timeZone, seasons)
    this.seasons = seasons
    this.updatedAt = now
    return days
  }

  /** @throws MarketflowError `market-unclaimed`, `market-not-active` */
  assertTakesApplications(): void {
    if (this.unclaimed) throw new MarketflowError('market-unclaimed')
    if (this.status !== 'active')
      throw new MarketflowError('market-not-active', `The market is ${this.status}, not active`)
  }

  /** @throws MarketflowError `not-a-draft` unless it is one, which only its organizer has seen. */
  assertDraft(): void {
    if (this.status !== 'draft')
      throw new MarketflowError('not-a-draft', `The market is ${this.status}; only a draft can be deleted`)
  }

  /** @throws MarketflowError `market-full` when every stall is taken. */
  takeStall(): void {
    if (this.vendorCount >= this.stallCount) throw new MarketflowError('market-full')
    this.vendorCount += 1
  }

  freeStall(): void {
    this.vendorCount -= 1
  }
}

/** @throws MarketflowError `validation-failed` where only one of them is known */
function assertPoint(latitude: number | null, longitude: number | null): void {
  if ((latitude === null) === (longitude === null)) return
  const [path, other] = latitude === null ? ['latitude', 'longitude'] : ['longitude', 'latitude']
  throw new MarketflowError('validation-failed', undefined, {
    errors: [{ path, message: `expected with ${other}, or both null` }],
  })
}

/** @throws MarketflowError `time-zone-missing`: nine o'clock is no time without one */
function assertZone(timeZone: string, seasons: readonly Season[]): void {
  if (timeZone !== '' || seasons.length === 0) return
  throw new MarketflowError(
    'time-zone-missing',
    'Its hours are told in its own time zone: set time_zone first',
    {
      errors: [{ path: 'time_zone', message: 'expected a time zone, since the market has seasons' }],
    },
  )
}

declare const compared: unique symbol

/** The name of a city, a region or a country as these are compared. Made here only, so that no query and no tag can ask for one as it was typed. */
export type PlaceKey = string & { readonly [compared]: 'place' }

/** How places are compared: `Chicago ` and `chicago` are one city, and an `ü` is one however it is encoded. */
export function normalizePlace(name: string): PlaceKey {
  return name.trim().replace(/\s+/g, ' ').toLowerCase().normalize('NFC') as PlaceKey
}

/** The form of a slug: lower-case letters and digits joined by single hyphens. */
export const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

export function isSlug(text: string): boolean {
  return SLUG.test(text)
}

/** A readable URL part: `Caledonia Farmers' Market` → `caledonia-farmers-market`; at most `MARKET_LIMITS.slug` characters, never empty. */
export function slugify(text: string): string {
  const slug = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f'’]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MARKET_LIMITS.slug)
    .replace(/^-+|-+$/g, '')
  return slug || 'market'
}
