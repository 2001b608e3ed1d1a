import { describe, expect, it } from 'vitest'
import { tagsOf } from '../../../src/application/tables/event-tags.ts'
import { VIEWS } from '../../../src/application/tables/view-table.ts'
import type { ApplicationMoved, DomainEvent, MarketEdited } from '../../../src/domain/events.ts'
import { APPLICATION_STATUSES } from '../../../src/domain/vendor-application.ts'

const LISTED = { city: 'Lisbon', listed: true }

/** One of each event, about market `m1` of organizer `o1` and vendor `v1`. A new event does not compile without one. */
const EVENTS: { readonly [T in DomainEvent['type']]: Extract<DomainEvent, { type: T }> } = {
  'organizer-registered': { type: 'organizer-registered', organizerId: 'o1' },
  'vendor-registered': { type: 'vendor-registered', vendorId: 'v1', accountId: 'a1' },
  'sessions-ended': { type: 'sessions-ended', accountId: 'a1' },
  'market-created': {
    type: 'market-created',
    marketId: 'm1',
    slug: 's1',
    organizerId: 'o1',
    listing: LISTED,
  },
  'market-edited': {
    type: 'market-edited',
    marketId: 'm1',
    slug: 's1',
    organizerId: 'o1',
    before: LISTED,
    after: LISTED,
    vendorIds: ['v1', 'v2'],
  },
  'application-submitted': {
    type: 'application-submitted',
    marketId: 'm1',
    vendorId: 'v1',
    organizerId: 'o1',
  },
  'application-moved': {
    type: 'application-moved',
    marketId: 'm1',
    slug: 's1',
    vendorId: 'v1',
    organizerId: 'o1',
    from: 'pending',
    to: 'accepted',
    listing: LISTED,
  },
  'vendor-edited': {
    type: 'vendor-edited',
    vendorId: 'v1',
    markets: [
      { marketId: 'm1', slug: 's1', organizerId: 'o1' },
      { marketId: 'm2', slug: 's2', organizerId: 'o2' },
    ],
  },
}

const paging = { page: 1, pageSize: 20 }

/** What readers may have cached, by the tags of the real views. */
const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  'all markets': VIEWS.marketListing.tags(paging),
  'markets in Lisbon': VIEWS.marketListing.tags({ ...paging, city: 'lisbon' }),
  'markets in Porto': VIEWS.marketListing.tags({ ...paging, city: 'Porto ' }),
  'detail of m1': VIEWS.marketDetail.tags({ id: 'm1' }),
  'detail of m2': VIEWS.marketDetail.tags({ id: 'm2' }),
  'page of m1': VIEWS.marketPage.tags({ slug: 's1' }),
  'page of m2': VIEWS.marketPage.tags({ slug: 's2' }),
  'the page of all markets': VIEWS.marketsPage.tags({ page: 1 }),
  'the page of markets in Lisbon': VIEWS.marketsPage.tags({ page: 1, city: 'lisbon' }),
  'the page of markets in Porto': VIEWS.marketsPage.tags({ page: 1, city: 'Porto ' }),
  'the sitemap': VIEWS.sitemapPart.tags({ part: 1 }),
  'its index': VIEWS.sitemapIndex.tags({}),
  'stats of m1': VIEWS.marketStats.tags({ id: 'm1' }),
  'stats of m2': VIEWS.marketStats.tags({ id: 'm2' }),
  'applications to m1': VIEWS.marketApplications.tags({ marketId: 'm1', ...paging }),
  'applications to m2': VIEWS.marketApplications.tags({ marketId: 'm2', ...paging }),
  'profile of v1': VIEWS.vendorProfile.tags({ id: 'v1' }),
  'dashboard of v1': VIEWS.vendorDashboard.tags({ id: 'v1' }),
  'profile of v2': VIEWS.vendorProfile.tags({ id: 'v2' }),
  'dashboard of v2': VIEWS.vendorDashboard.tags({ id: 'v2' }),
  'dashboard of o1': VIEWS.organizerDashboard.tags({ id: 'o1' }),
  'dashboard of o2': VIEWS.organizerDashboard.tags({ id: 'o2' }),
  'session of o1': VIEWS.accountSession.tags({ id: 'o1' }),
  'session of a1': VIEWS.accountSession.tags({ id: 'a1' }),
}

const LISTINGS = [
  'all markets',
  'markets in Lisbon',
  'the page of all markets',
  'the page of markets in Lisbon',
  'the sitemap',
  'its index',
]
const APPLICATION_VIEWS = [
  'stats of m1',
  'applications to m1',
  'profile of v1',
  'dashboard of v1',
  'dashboard of o1',
]

describe('an event invalidates the views that may show it, and no other', () => {
  it.each<[DomainEvent['type'], readonly string[]]>([
    ['organizer-registered', ['dashboard of o1', 'session of o1']],
    ['vendor-registered', ['profile of v1', 'dashboard of v1', 'session of a1']],
    ['sessions-ended', ['session of a1']],
    [
      'market-created',
      [...LISTINGS, 'detail of m1', 'page of m1', 'stats of m1', 'applications to m1', 'dashboard of o1'],
    ],
    [
      'market-edited',
      [
        ...LISTINGS,
        'detail of m1',
        'page of m1',
        'stats of m1',
        'applications to m1',
        'profile of v1',
        'dashboard of v1',
        'profile of v2',
        'dashboard of v2',
        'dashboard of o1',
      ],
    ],
    ['application-submitted', APPLICATION_VIEWS],
    ['application-moved', [...LISTINGS, 'detail of m1', 'page of m1', ...APPLICATION_VIEWS]],
    [
      'vendor-edited',
      [
        'detail of m1',
        'detail of m2',
        'page of m1',
        'page of m2',
        'applications to m1',
        'applications to m2',
        'profile of v1',
        'dashboard of v1',
        'dashboard of o1',
        'dashboard of o2',
      ],
    ],
  ])('%s', (type, expected) => {
    expect(invalidatedBy(EVENTS[type])).toEqual([...expected].sort())
  })

  it('a move to another city: both cities', () => {
    const moved: MarketEdited = { ...EVENTS['market-edited'], after: { city: 'PORTO', listed: true } }
    expect(invalidatedBy(moved)).toEqual(
      expect.arrayContaining([...LISTINGS, 'markets in Porto', 'the page of markets in Porto']),
    )
  })

  it.each([
    [false, true],
    [true, false],
  ])('a market that was listed (%j) and is listed (%j): the listings', (before, after) => {
    const edited: MarketEdited = {
      ...EVENTS['market-edited'],
      before: { city: 'Lisbon', listed: before },
      after: { city: 'Lisbon', listed: after },
    }
    expect(invalidatedBy(edited)).toEqual(expect.arrayContaining(LISTINGS))
  })

  it('a draft that stays one: no listing', () => {
    const draft = { city: 'Lisbon', listed: false }
    const edited: MarketEdited = { ...EVENTS['market-edited'], before: draft, after: draft }
    expect(invalidatedBy(edited).filter((question) => LISTINGS.includes(question))).toEqual([])
  })

  it('a move of an application: the market itself only when a stall is taken or freed', () => {
    for (const from of APPLICATION_STATUSES) {
      for (const to of APPLICATION_STATUSES) {
        const moved: ApplicationMoved = { ...EVENTS['application-moved'], from, to }
        const stalls =
          from === 'accepted' || to === 'accepted' ? [...LISTINGS, 'detail of m1', 'page of m1'] : []
        expect(invalidatedBy(moved)).toEqual([...stalls, ...APPLICATION_VIEWS].sort())
      }
    }
  })

  it('has no tag that no view carries', () => {
    const carried = new Set(Object.values(QUESTIONS).flat())
    const draft = { city: 'Lisbon', listed: false }
    const quiet: DomainEvent[] = [
      { ...EVENTS['market-created'], listing: draft },
      { ...EVENTS['application-moved'], from: 'pending', to: 'rejected' },
    ]
    for (const event of [...Object.values(EVENTS), ...quiet]) {
      const tags = tagsOf(event)
      expect(tags.length).toBeGreaterThan(0)
      for (const tag of tags) expect(carried).toContain(tag)
    }
  })
})

/** The questions whose cached answer dies with the event, in alphabetical order. */
function invalidatedBy(event: DomainEvent): string[] {
  const dead = new Set<string>(tagsOf(event))
  return Object.keys(QUESTIONS)
    .filter((question) => QUESTIONS[question]!.some((tag) => dead.has(tag)))
    .sort()
}
