import type { ApplicationStatus } from './vendor-application.ts'

/**
 * What happened, with the ids of everything whose views show it. The ids are read in the transaction that made the
 * change: what they leave out cannot be invalidated afterwards. Of more than a hundred, a hundred and one suffice:
 * then all views of the kind are invalidated.
 */
export type DomainEvent =
  | OrganizerRegistered
  | VendorRegistered
  | SessionsEnded
  | AccountEdited
  | OrganizerLeft
  | VendorLeft
  | MarketCreated
  | MarketEdited
  | MarketAssigned
  | MarketDeleted
  | ApplicationSubmitted
  | ApplicationMoved
  | VendorEdited
  | MarketScheduled
  | MarketDayChanged

/** Where a market stands in the public listings; `listed` is whether it is active. */
export interface Listing {
  readonly city: string
  readonly region: string
  readonly country: string
  /** Where it is known; null together. */
  readonly latitude: number | null
  readonly longitude: number | null
  readonly listed: boolean
}

interface OrganizerRegistered {
  readonly type: 'organizer-registered'
  readonly organizerId: string
}

interface VendorRegistered {
  readonly type: 'vendor-registered'
  readonly vendorId: string
  readonly accountId: string
}

interface SessionsEnded {
  readonly type: 'sessions-ended'
  readonly accountId: string
}

interface AccountEdited {
  readonly type: 'account-edited'
  readonly accountId: string
  /** Every market of an organizer who has another name: they tell it. */
  readonly markets: readonly { readonly marketId: string; readonly slug: string }[]
  /** Every application whose other side is told name and address. */
  readonly applicationIds: readonly string[]
}

/** An organizer deleted its account. What became of each of its markets are events of their own. */
interface OrganizerLeft {
  readonly type: 'organizer-left'
  readonly organizerId: string
}

/** A vendor deleted its account. Its live applications have been moved by events of their own. */
interface VendorLeft {
  readonly type: 'vendor-left'
  readonly vendorId: string
  readonly accountId: string
  /** The vendor that stands in for it in the history of markets. */
  readonly standIn: string
  /** Every market it ever applied to, and their organizers: their lists and dashboards name it. */
  readonly marketIds: readonly string[]
  readonly organizerIds: readonly string[]
  /** Every application it ever made. */
  readonly applicationIds: readonly string[]
}

interface MarketCreated {
  readonly type: 'market-created'
  readonly marketId: string
  readonly slug: string
  readonly organizerId: string
  readonly listing: Listing
}

export interface MarketEdited {
  readonly type: 'market-edited'
  readonly marketId: string
  readonly slug: string
  readonly organizerId: string
  readonly before: Listing
  readonly after: Listing
  /** Every vendor accepted here: their profiles and dashboards name the market. */
  readonly vendorIds: readonly string[]
  /** Every application ever made here, if the market has another name now: they tell it. */
  readonly applications: readonly ApplicationIds[]
}

/** A market got another organizer. Every application ever made there tells whose it is. */
interface MarketAssigned {
  readonly type: 'market-assigned'
  readonly marketId: string
  readonly slug: string
  readonly from: string
  readonly to: string
  readonly listing: Listing
  readonly applicationIds: readonly string[]
}

/** Only drafts are: no list, no page and no vendor has ever shown it. */
interface MarketDeleted {
  readonly type: 'market-deleted'
  readonly marketId: string
  readonly organizerId: string
}

/** An application, and whose it is. */
export interface ApplicationIds {
  readonly applicationId: string
  readonly vendorId: string
}

interface ApplicationSubmitted extends ApplicationIds {
  readonly type: 'application-submitted'
  readonly marketId: string
  readonly organizerId: string
}

interface ApplicationMoved extends ApplicationIds {
  readonly type: 'application-moved'
  readonly marketId: string
  readonly slug: string
  readonly organizerId: string
  readonly from: ApplicationStatus
  readonly to: ApplicationStatus
  readonly listing: Listing
  /** All others on the market's waiting list, if it was or is on that: they tell their positions. */
  readonly waiting: readonly ApplicationIds[]
}

interface VendorEdited {
  readonly type: 'vendor-edited'
  readonly vendorId: string
  /** Every market it ever applied to: their application lists name the vendor. */
  readonly markets: readonly { readonly marketId: string; readonly slug: string }[]
  /** The organizers of all these markets, whose dashboards name it. */
  readonly organizerIds: readonly string[]
  /** Every application it ever made: they name it. */
  readonly applicationIds: readonly string[]
}

interface MarketScheduled {
  readonly type: 'market-scheduled'
  readonly marketId: string
  readonly slug: string
  readonly organizerId: string
  readonly listing: Listing
  /** Every date on which it opens now and did not before, or the other way round, or at other hours. */
  readonly dates: readonly string[]
  /** Every vendor accepted here: their pages tell its next days. */
  readonly vendorIds: readonly string[]
}

interface MarketDayChanged {
  readonly type: 'market-day-changed'
  readonly marketId: string
  readonly slug: string
  readonly listing: Listing
  readonly date: string
  /** Every vendor accepted here. */
  readonly vendorIds: readonly string[]
}
