import type { DomainEvent, Listing } from '../../src/domain/events.ts'

const IN_EVERY_LIST: Listing = {
  city: 'Lisbon',
  region: 'Lisboa',
  country: 'PT',
  latitude: 38.72,
  longitude: -9.14,
  listed: true,
}

/**
 * One of each event, about market `m1` of organizer `o1` and vendor `v1`, with every kind of tag that such an event may have.
 * A new event does not compile without one.
 */
export const EVENTS: { readonly [T in DomainEvent['type']]: Extract<DomainEvent, { type: T }> } = {
  'organizer-registered': { type: 'organizer-registered', organizerId: 'o1' },
  'vendor-registered': { type: 'vendor-registered', vendorId: 'v1', accountId: 'a1' },
  'sessions-ended': { type: 'sessions-ended', accountId: 'a1' },
  'account-edited': {
    type: 'account-edited',
    accountId: 'a1',
    markets: [{ marketId: 'm1', slug: 's1' }],
    applicationIds: ['a1'],
  },
  'organizer-left': { type: 'organizer-left', organizerId: 'o1' },
  'vendor-left': {
    type: 'vendor-left',
    vendorId: 'v1',
    accountId: 'a1',
    standIn: 'v2',
    marketIds: ['m1'],
    organizerIds: ['o1'],
    applicationIds: ['a1'],
  },
  'market-created': {
    type: 'market-created',
    marketId: 'm1',
    slug: 's1',
    organizerId: 'o1',
    listing: IN_EVERY_LIST,
  },
  'market-edited': {
    type: 'market-edited',
    marketId: 'm1',
    slug: 's1',
    organizerId: 'o1',
    before: IN_EVERY_LIST,
    after: IN_EVERY_LIST,
    vendorIds: ['v1', 'v2'],
    applications: [{ applicationId: 'a1', vendorId: 'v1' }],
  },
  'market-assigned': {
    type: 'market-assigned',
    marketId: 'm1',
    slug: 's1',
    from: 'o1',
    to: 'o2',
    listing: IN_EVERY_LIST,
    applicationIds: ['a1'],
  },
  'market-scheduled': {
    type: 'market-scheduled',
    marketId: 'm1',
    slug: 's1',
    organizerId: 'o1',
    listing: IN_EVERY_LIST,
    dates: ['2026-05-02', '2026-05-03'],
    vendorIds: ['v1'],
  },
  'market-day-changed': {
    type: 'market-day-changed',
    marketId: 'm1',
    slug: 's1',
    listing: IN_EVERY_LIST,
    date: '2026-05-02',
    vendorIds: ['v1'],
  },
  'market-deleted': { type: 'market-deleted', marketId: 'm1', organizerId: 'o1' },
  'application-submitted': {
    type: 'application-submitted',
    applicationId: 'a1',
    marketId: 'm1',
    vendorId: 'v1',
    organizerId: 'o1',
  },
  'application-moved': {
    type: 'application-moved',
    applicationId: 'a1',
    marketId: 'm1',
    slug: 's1',
    vendorId: 'v1',
    organizerId: 'o1',
    from: 'pending',
    to: 'accepted',
    listing: IN_EVERY_LIST,
    waiting: [],
  },
  'vendor-edited': {
    type: 'vendor-edited',
    vendorId: 'v1',
    markets: [
      { marketId: 'm1', slug: 's1' },
      { marketId: 'm2', slug: 's2' },
    ],
    organizerIds: ['o1', 'o2'],
    applicationIds: ['a1', 'a2'],
  },
}
