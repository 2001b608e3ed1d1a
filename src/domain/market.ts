import { MarketflowError } from './errors.ts'

export const MARKET_STATUSES = ['draft', 'active', 'closed'] as const
export type MarketStatus = (typeof MARKET_STATUSES)[number]

/** The longest texts, in characters, and the most stalls. */
export const MARKET_LIMITS = {
  name: 120,
  city: 120,
  description: 2000,
  slug: 80,
  stallCount: 10_000,
} as const

/** A market opens once, and from then on alternates: draft → active → closed → active → … */
const NEXT_STATUS: Record<MarketStatus, MarketStatus> = {
  draft: 'active',
  active: 'closed',
  closed: 'active',
}

export interface MarketProps {
  id: string
  organizerId: string
  slug: string
  name: string
  city: string
  /** Default: none. */
  description?: string
  stallCount: number
  /** The id this market has in an imported directory (the USDA's FMID), if it came from one. */
  directoryId?: string | null
  createdAt: Date
}

export type MarketChanges = Partial<
  Pick<MarketProps, 'name' | 'city' | 'description' | 'stallCount'> & { status: MarketStatus }
>

/** A farmers' market: where it is, how many stalls it has, and how many of them are taken. */
export class Market {
  readonly id: string
  readonly organizerId: string
  readonly slug: string
  readonly directoryId: string | null
  name: string
  city: string
  description: string
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
    this.directoryId = props.directoryId ?? null
    this.name = props.name
    this.city = props.city
    this.description = props.description ?? ''
    this.stallCount = props.stallCount
    this.createdAt = props.createdAt
    this.updatedAt = props.createdAt
  }

  /**
   * Applies what an organizer edits; absent fields stay as they are. All or nothing.
   * @throws MarketflowError `wrong-status` for a move outside the lifecycle, `stalls-taken` for fewer than accepted vendors.
   */
  edit(changes: MarketChanges, now: Date): void {
    const { status = this.status, stallCount = this.stallCount } = changes
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
    this.name = changes.name ?? this.name
    this.city = changes.city ?? this.city
    this.description = changes.description ?? this.description
    this.stallCount = stallCount
    this.status = status
    this.updatedAt = now
  }

  /** @throws MarketflowError `market-not-active` */
  assertTakesApplications(): void {
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

declare const compared: unique symbol

/** A city as cities are compared. Made here only, so that no query and no tag can ask for one as it was typed. */
export type CityKey = string & { readonly [compared]: 'city' }

/** How cities are compared: `Chicago ` and `chicago` are one city, and an `ü` is one however it is encoded. */
export function normalizeCity(city: string): CityKey {
  return city.trim().replace(/\s+/g, ' ').toLowerCase().normalize('NFC') as CityKey
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
