import { expect, it } from 'vitest'
import { ACCOUNT_DETAIL } from '../../../src/application/accounts/account-settings.ts'
import { ACCOUNT_SESSION } from '../../../src/application/accounts/sessions.ts'
import { ListApplications } from '../../../src/application/applications/application-reads.ts'
import { GetMarket, GetMarketStats, ListMarkets } from '../../../src/application/markets/market-reads.ts'
import { GetOrganizerDashboard } from '../../../src/application/organizers/organizer-reads.ts'
import { ShowMarket } from '../../../src/application/pages/page-reads.ts'
import { tagsOf } from '../../../src/application/tables/event-tags.ts'
import { everyTags, tags } from '../../../src/application/tables/tags.ts'
import { GetVendor, GetVendorDashboard } from '../../../src/application/vendors/vendor-reads.ts'
import type { DomainEvent, MarketEdited } from '../../../src/domain/events.ts'
import type { Point } from '../../../src/domain/grid.ts'
import { normalizePlace } from '../../../src/domain/market.ts'
import { APPLICATION_STATUSES } from '../../../src/domain/vendor-application.ts'
import { EVENTS } from '../../support/events.ts'

const LISBON = { city: 'Lisbon', region: '', country: '', latitude: null, longitude: null }
const LISTED = { ...LISBON, listed: true }

/** Every tag that the event invalidates. */
const invalidatedBy = (event: DomainEvent) => new Set<string>(tagsOf([event]))

const LISTINGS = [tags.listings(), tags.cityListings(normalizePlace('Lisbon'))]
const UNLISTED = { ...LISBON, listed: false }

it.each(Object.values(EVENTS))('the event $type invalidates something', (event) => {
  expect(invalidatedBy(event).size).toBeGreaterThan(0)
})

it('a market that moves to another city is shown anew in the lists of both', () => {
  const moved: MarketEdited = { ...EVENTS['market-edited'], after: { ...LISTED, city: 'PORTO' } }
  const cities = ['lisbon', 'porto'].map((city) => tags.cityListings(normalizePlace(city)))
  expect(invalidatedBy(moved).isSupersetOf(new Set(cities))).toBe(true)
})

it('a market that an organizer gets tells vendors who had applied whom to write to', () => {
  expect(invalidatedBy(EVENTS['market-assigned'])).toContain(tags.application('a1'))
})

it('a market that moves to another region or country is shown anew in the lists of both', () => {
  const moved: MarketEdited = {
    ...EVENTS['market-edited'],
    before: { ...LISTED, region: 'Lisboa', country: 'PT' },
    after: { ...LISTED, region: 'ME', country: 'US' },
  }
  const [lisboa, portugal, maine, states] = ['Lisboa', 'PT', 'ME', 'US'].map(normalizePlace)
  const lists = [
    tags.regionListings(lisboa!),
    tags.countryListings(portugal!),
    tags.regionListings(maine!),
    tags.countryListings(states!),
  ]
  expect(invalidatedBy(moved).isSupersetOf(new Set(lists))).toBe(true)
})

it('a market that is moved on the map is shown anew in the areas of both, and in no others', () => {
  const [lisbon, porto, faro] = [
    { latitude: 38.72, longitude: -9.14 },
    { latitude: 41.15, longitude: -8.61 },
    { latitude: 37.02, longitude: -7.93 },
  ]
  const moved: MarketEdited = {
    ...EVENTS['market-edited'],
    before: { ...LISTED, ...lisbon },
    after: { ...LISTED, ...porto },
  }
  const near = (point: Point) =>
    new Set<string>(ListMarkets.view.tags({ page: 1, pageSize: 20, near: { point, radiusKm: 50 } }))
  expect(invalidatedBy(moved).isDisjointFrom(near(lisbon!))).toBe(false)
  expect(invalidatedBy(moved).isDisjointFrom(near(porto!))).toBe(false)
  expect(invalidatedBy(moved).isDisjointFrom(near(faro!))).toBe(true)
  const drafted = { ...moved, before: { ...moved.before, listed: false } }
  expect(invalidatedBy(drafted).isDisjointFrom(near(lisbon!))).toBe(true)
})

it.each([
  [false, true],
  [true, false],
])('a market that was listed (%j) and is listed (%j) now changes the lists', (before, after) => {
  const edited: MarketEdited = {
    ...EVENTS['market-edited'],
    before: { ...LISBON, listed: before },
    after: { ...LISBON, listed: after },
  }
  expect(invalidatedBy(edited).isSupersetOf(new Set(LISTINGS))).toBe(true)
})

it('a day that is cancelled leaves the lists of all other days as they are, and the list without days', () => {
  const { date } = EVENTS['market-day-changed']
  const found = invalidatedBy(EVENTS['market-day-changed'])
  const shown = [tags.marketDays('m1'), tags.marketPage('s1'), tags.vendor('v1')]
  expect(found).toEqual(new Set([...shown, tags.dayListings(date)]))
  const other = ListMarkets.view.tags({
    page: 1,
    pageSize: 20,
    open: { from: '2026-05-03', to: '2026-05-03' },
  })
  expect(found.isDisjointFrom(new Set(other))).toBe(true)
  const weekend = ListMarkets.view.tags({ page: 1, pageSize: 20, open: { from: date, to: '2026-05-03' } })
  expect(found.isDisjointFrom(new Set(weekend))).toBe(false)
  expect(invalidatedBy({ ...EVENTS['market-day-changed'], listing: { ...LISTED, listed: false } })).toEqual(
    new Set(shown),
  )
})

it('a draft that stays one changes no list', () => {
  const edited: MarketEdited = { ...EVENTS['market-edited'], before: UNLISTED, after: UNLISTED }
  expect(invalidatedBy(edited).isDisjointFrom(new Set(LISTINGS))).toBe(true)
})

it('a move of an application changes the market and the lists only when a stall is taken or freed', () => {
  const shown = new Set<string>([...LISTINGS, tags.market('m1'), tags.marketPage('s1')])
  for (const from of APPLICATION_STATUSES) {
    for (const to of APPLICATION_STATUSES) {
      const found = invalidatedBy({ ...EVENTS['application-moved'], from, to })
      const stalls = from === 'accepted' || to === 'accepted'
      expect(stalls ? found.isSupersetOf(shown) : found.isDisjointFrom(shown), `${from} ${to}`).toBe(true)
    }
  }
})

const many = (n: number, prefix: string) => Array.from({ length: n }, (_, i) => `${prefix}${i}`)

const editedBy = (n: number): DomainEvent => ({
  type: 'vendor-edited',
  vendorId: 'v1',
  markets: many(n, 'm').map((marketId, i) => ({ marketId, slug: `s${i}` })),
  organizerIds: ['o1', 'o2'],
  applicationIds: ['a1'],
})

it('names a hundred views of a kind one by one', () => {
  const found = invalidatedBy(editedBy(100))
  expect(found.size).toBe(2 + 3 * 100 + 2 + 2)
  expect(found.isDisjointFrom(new Set(everyTags))).toBe(true)
})

it.each([101, 24_000])('names all views of a kind by one tag when a write touches %d of them', (n) => {
  expect(invalidatedBy(editedBy(n))).toEqual(
    new Set([
      tags.vendor('v1'),
      tags.vendorListings(),
      'every:market',
      'every:page:market',
      'every:applications:market',
      // Of these there were two.
      tags.organizer('o1'),
      tags.organizer('o2'),
      tags.vendorApplications('v1'),
      tags.application('a1'),
    ]),
  )
  const market: DomainEvent = { ...EVENTS['market-edited'], vendorIds: many(n, 'v') }
  expect(invalidatedBy(market)).toContain('every:vendor')
  expect(invalidatedBy(market).size).toBeLessThan(100)
})

it('counts what all events of a write touch, each view once', () => {
  const edits = (...ids: string[]) =>
    ids.map((vendorId) => ({ ...EVENTS['market-edited'], vendorIds: [vendorId] }))
  const every = (events: DomainEvent[]) => tagsOf(events).filter((tag) => everyTags.includes(tag))
  expect(every(edits(...many(100, 'v'), ...many(100, 'V')))).toEqual([])
  expect(every(edits(...many(101, 'v')))).toEqual(['every:vendor'])
})

it('every view of a kind of which there are many carries the tag that stands for all of it', () => {
  const id = 'm1'
  expect(GetMarket.view.tags({ id })).toEqual([tags.market(id), 'every:market'])
  expect(ShowMarket.view.tags({ slug: 's1', today: '2026-05-02' })).toEqual([
    tags.marketPage('s1'),
    'every:page:market',
  ])
  expect(ListApplications.view.tags({ id, page: 1, pageSize: 2 })).toEqual([
    tags.marketApplications(id),
    'every:applications:market',
  ])
  for (const { view } of [GetVendor, GetVendorDashboard])
    expect(view.tags({ id })).toEqual([tags.vendor(id), 'every:vendor'])
  expect(GetOrganizerDashboard.view.tags({ id })).toEqual([tags.organizer(id), 'every:organizer'])
  expect(GetMarketStats.view.tags({ id })).toEqual([tags.marketStats(id), 'every:stats:market'])
  for (const view of [ACCOUNT_DETAIL, ACCOUNT_SESSION])
    expect(view.tags({ id })).toEqual([tags.account(id), 'every:account'])
  const city = normalizePlace('Bern')
  expect(ListMarkets.view.tags({ page: 1, pageSize: 2, city })).toEqual([
    tags.cityListings(city),
    'every:markets:active:city',
  ])
  // There is one of it.
  expect(ListMarkets.view.tags({ page: 1, pageSize: 2 })).toEqual([tags.listings()])
})
