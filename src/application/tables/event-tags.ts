import type { ApplicationIds, DomainEvent, Listing } from '../../domain/events.ts'
import { areaName, cellOf } from '../../domain/grid.ts'
import { normalizePlace } from '../../domain/market.ts'
import { bounded, type Tag, tags } from './tags.ts'

/** A client asked again for what is done, and is told so again: what that invalidated has to be gone by then. */
interface WriteRepeated {
  readonly type: 'write-repeated'
  readonly tags: readonly Tag[]
}

/** What a write records. */
export type WriteEvent = DomainEvent | WriteRepeated

/** Every tag that a write with these events invalidates, in bounded number (`most` of a kind). */
export function tagsOf(events: readonly WriteEvent[], most?: number): readonly Tag[] {
  return bounded(events.flatMap(touchedBy), most)
}

/** Exhaustive: a new event without tags does not compile. */
function touchedBy(event: WriteEvent): readonly Tag[] {
  switch (event.type) {
    case 'organizer-registered':
      // The dashboard of an organizer that did not exist may be cached as «no such organizer».
      return [tags.organizer(event.organizerId), tags.account(event.organizerId)]
    case 'vendor-registered':
      return [
        tags.vendor(event.vendorId),
        tags.vendorApplications(event.vendorId),
        tags.account(event.accountId),
        // It is in no list yet, but may be among those that a search looks through.
        tags.vendorListings(),
      ]
    case 'sessions-ended':
      return [tags.account(event.accountId)]
    case 'account-edited':
      return [
        tags.account(event.accountId),
        ...event.markets.flatMap(({ marketId, slug }) => [tags.market(marketId), tags.marketPage(slug)]),
        ...event.applicationIds.map(tags.application),
      ]
    case 'organizer-left':
      return [tags.organizer(event.organizerId), tags.account(event.organizerId)]
    case 'vendor-left':
      return [
        tags.account(event.accountId),
        tags.vendorListings(),
        ...[event.vendorId, event.standIn].flatMap((id) => [tags.vendor(id), tags.vendorApplications(id)]),
        ...event.marketIds.map(tags.marketApplications),
        ...event.organizerIds.map(tags.organizer),
        ...event.applicationIds.map(tags.application),
      ]
    case 'market-created':
      return [...marketTags(event), tags.organizer(event.organizerId), ...listingTags(event.listing)]
    case 'market-edited':
      return [
        ...marketTags(event),
        tags.organizer(event.organizerId),
        ...listingTags(event.before),
        ...listingTags(event.after),
        ...event.vendorIds.map(tags.vendor),
        ...event.applications.flatMap(applicationTags),
      ]
    case 'market-assigned':
      return [
        ...marketTags(event),
        tags.organizer(event.from),
        tags.organizer(event.to),
        ...listingTags(event.listing),
        // Those made when the market was listed by a release that let vendors apply to none.
        ...event.applicationIds.map(tags.application),
      ]
    case 'market-deleted':
      return [
        tags.market(event.marketId),
        tags.marketStats(event.marketId),
        tags.marketApplications(event.marketId),
        tags.marketDays(event.marketId),
        tags.organizer(event.organizerId),
      ]
    case 'application-submitted':
      return [
        ...applicationTags(event),
        tags.marketStats(event.marketId),
        tags.marketApplications(event.marketId),
        tags.vendor(event.vendorId),
        tags.organizer(event.organizerId),
      ]
    case 'application-moved':
      return [
        ...[event, ...event.waiting].flatMap(applicationTags),
        tags.marketStats(event.marketId),
        tags.marketApplications(event.marketId),
        tags.vendor(event.vendorId),
        tags.organizer(event.organizerId),
        // Only a stall taken or freed shows in the market's detail, on its page and in the listing's vendor count.
        ...(event.from === 'accepted' || event.to === 'accepted'
          ? [tags.market(event.marketId), tags.marketPage(event.slug), ...listingTags(event.listing)]
          : []),
      ]
    case 'vendor-edited':
      return [
        tags.vendor(event.vendorId),
        tags.vendorListings(),
        ...event.markets.flatMap(({ marketId, slug }) => [
          tags.market(marketId),
          tags.marketPage(slug),
          tags.marketApplications(marketId),
        ]),
        ...event.organizerIds.map(tags.organizer),
        tags.vendorApplications(event.vendorId),
        ...event.applicationIds.map(tags.application),
      ]
    case 'market-scheduled':
      return [tags.market(event.marketId), tags.organizer(event.organizerId), ...dayTags(event, event.dates)]
    case 'market-day-changed':
      return dayTags(event, [event.date])
    case 'write-repeated':
      return event.tags
    default:
      return event satisfies never
  }
}

/** The views of one market itself. A new market has them too: «no such market» may be cached under its id or slug. */
function marketTags({ marketId, slug }: { readonly marketId: string; readonly slug: string }): Tag[] {
  return [
    tags.market(marketId),
    tags.marketPage(slug),
    tags.marketStats(marketId),
    tags.marketApplications(marketId),
    tags.marketDays(marketId),
  ]
}

/** Lists of other dates stay as they are. */
function dayTags(
  {
    marketId,
    slug,
    listing,
    vendorIds,
  }: {
    readonly marketId: string
    readonly slug: string
    readonly listing: Listing
    readonly vendorIds: readonly string[]
  },
  dates: readonly string[],
): Tag[] {
  const lists = listing.listed ? dates.map(tags.dayListings) : []
  return [tags.marketDays(marketId), tags.marketPage(slug), ...vendorIds.map(tags.vendor), ...lists]
}

/** The views of one application, and of all that its vendor made. */
function applicationTags({ applicationId, vendorId }: ApplicationIds): Tag[] {
  return [tags.application(applicationId), tags.vendorApplications(vendorId)]
}

/** No list can be asked for by a region or a country that has no name, or near what is nowhere. */
function listingTags({ city, region, country, latitude, longitude, listed }: Listing): Tag[] {
  if (!listed) return []
  return [
    tags.listings(),
    tags.cityListings(normalizePlace(city)),
    ...(region === '' ? [] : [tags.regionListings(normalizePlace(region))]),
    ...(country === '' ? [] : [tags.countryListings(normalizePlace(country))]),
    ...(latitude === null || longitude === null
      ? []
      : [tags.areaListings(areaName(cellOf({ latitude, longitude })))]),
  ]
}
