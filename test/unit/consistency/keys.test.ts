import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ACCOUNT_DETAIL } from '../../../src/application/accounts/account-settings.ts'
import { ACCOUNT_SESSION } from '../../../src/application/accounts/sessions.ts'
import {
  GetApplication,
  ListApplications,
  ListOwnApplications,
} from '../../../src/application/applications/application-reads.ts'
import { joinKey } from '../../../src/application/consistency/cache-key.ts'
import {
  ListDays,
  ListMarkets,
  ListOwnMarkets,
  MARKET_ZONE,
} from '../../../src/application/markets/market-reads.ts'
import {
  BrowseMarkets,
  BrowseVendors,
  PAGE_ZONE,
  ShowCalendar,
  ShowMarket,
  ShowSitemap,
  ShowSitemapPart,
  ShowVendor,
} from '../../../src/application/pages/page-reads.ts'
import { canonicalId } from '../../../src/application/tables/tags.ts'
import { READS } from '../../../src/application/use-cases.ts'
import { ListVendors } from '../../../src/application/vendors/vendor-reads.ts'
import { ROLES } from '../../../src/domain/account.ts'
import { MARKET_STATUSES, normalizePlace } from '../../../src/domain/market.ts'
import { PRODUCTS } from '../../../src/domain/products.ts'
import { APPLICATION_STATUSES } from '../../../src/domain/vendor-application.ts'

/** What keys are made of, so that two of them get a chance to meet. */
const treacherous = fc.string({ unit: fc.constantFrom(...'a:%3AaB{} \n\u0000'), maxLength: 5 })
const part = fc.oneof(treacherous, fc.string({ unit: 'binary' }), fc.integer())
const parts = fc.array(part, { minLength: 1, maxLength: 4 })

describe('joinKey', () => {
  it('gives different parts different keys', () => {
    fc.assert(
      fc.property(parts, parts, (some, others) => {
        const same = JSON.stringify(some.map(String)) === JSON.stringify(others.map(String))
        expect(joinKey(...some) === joinKey(...others)).toBe(same)
      }),
      { numRuns: 5_000 },
    )
  })

  it('can be undone, so nothing is lost in it', () => {
    fc.assert(
      fc.property(parts, (some) => {
        expect(
          joinKey(...some)
            .split(':')
            .map(decodeURIComponent),
        ).toEqual(some.map(String))
      }),
    )
  })

  it('leaves nothing that a Redis key, its hash tag or a log line would trip over', () => {
    fc.assert(
      fc.property(parts, (some) => {
        expect(joinKey(...some)).not.toMatch(/[\s\p{Cc}{}]/u)
      }),
    )
  })

  it('gives halves of surrogate pairs keys of their own, also as UTF-8', () => {
    const names = ['a\ud800', 'a\udbff', 'a\udc00', 'a\ufffd', 'a\ud83c\udf4e', 'a%ud800', 'a']
    const keys = names.map((name) => Buffer.from(joinKey('city', name)).toString())
    expect(new Set(keys).size).toBe(names.length)
  })

  it.each([
    [['markets', 'active', 'city', 'a:b'], 'markets:active:city:a%3Ab'],
    [['a', '{b}', 'c d'], 'a:%7Bb%7D:c%20d'],
    [['page', 2], 'page:2'],
    [['são paulo'], 'são%20paulo'],
    [[1e21, -0.5], '1e+21:-0.5'],
    [[], ''],
  ])('%j → %s', (some, key) => {
    expect(joinKey(...some)).toBe(key)
  })
})

const few = fc.constantFrom('a', 'A', 'b', 'a:b', 'a%3Ab', 'a:detail')
const id = fc.oneof({ weight: 4, arbitrary: few }, fc.uuid(), treacherous)
const number = fc.integer({ min: 1, max: 2 })
const cityName = fc.oneof({ weight: 4, arbitrary: few }, treacherous, fc.string({ unit: 'binary' }))
const place = fc.option(cityName.map(normalizePlace), { nil: undefined })
const product = fc.option(fc.constantFrom(...PRODUCTS), { nil: undefined })
const places = { city: place, region: place, country: place, q: place, product }
const vendors = { page: number, q: place, product }
const date = fc.constantFrom('2026-05-02', '2026-05-03')
const open = fc.option(
  fc.oneof(
    fc.record({ from: date, to: date }),
    fc.record({
      relative: fc.constantFrom('today' as const, 'weekend' as const),
      at: fc.constantFrom('2026-05-02T00:00:00.000Z', '2026-05-02T00:15:00.000Z'),
    }),
  ),
  { nil: undefined },
)
const placesOf = ({
  city,
  region,
  country,
  q,
  product,
}: { [Name in keyof typeof places]: string | undefined }) => [
  city ?? null,
  region ?? null,
  country ?? null,
  q ?? null,
  product ?? null,
]
const marketStatus = fc.option(fc.constantFrom(...MARKET_STATUSES), { nil: undefined })
const status = fc.option(fc.constantFrom(...APPLICATION_STATUSES), { nil: undefined })

interface Asked {
  readonly key: string
  /** What the key has to tell apart. */
  readonly identity: string
}

/** A question to each of the views. A new view does not compile until it is here. */
const questions = Object.values({
  listMarkets: fc
    .record({ page: number, pageSize: number, open, ...places })
    .map((asks) =>
      question(ListMarkets.view.key(present(asks)), [
        'listing',
        asks.page,
        asks.pageSize,
        asks.open ?? null,
        ...placesOf(asks),
      ]),
    ),
  getMarket: byId('getMarket'),
  getMarketStats: byId('getMarketStats'),
  listApplications: fc
    .record({ id, status, page: number, pageSize: number })
    .map((asks) =>
      question(ListApplications.view.key(present(asks)), [
        'applications',
        canonicalId(asks.id),
        asks.status ?? null,
        asks.page,
        asks.pageSize,
      ]),
    ),
  listOwnMarkets: fc
    .record({ organizer: id, status: marketStatus, page: number, pageSize: number })
    .map((asks) =>
      question(ListOwnMarkets.view.key(present(asks)), [
        'own markets',
        canonicalId(asks.organizer),
        asks.status ?? null,
        asks.page,
        asks.pageSize,
      ]),
    ),
  listOwnApplications: fc
    .record({ vendor: id, status, page: number, pageSize: number })
    .map((asks) =>
      question(ListOwnApplications.view.key(present(asks)), [
        'own applications',
        canonicalId(asks.vendor),
        asks.status ?? null,
        asks.page,
        asks.pageSize,
      ]),
    ),
  getApplication: fc
    .record({ id, side: fc.constantFrom(...ROLES) })
    .map((asks) => question(GetApplication.view.key(asks), ['application', canonicalId(asks.id), asks.side])),
  listVendors: fc
    .record({ ...vendors, pageSize: number, market: fc.option(id, { nil: undefined }) })
    .map((asks) =>
      question(ListVendors.view.key(present(asks)), [
        'vendors',
        asks.page,
        asks.pageSize,
        asks.q ?? null,
        asks.product ?? null,
        asks.market === undefined ? null : canonicalId(asks.market),
      ]),
    ),
  browseVendors: fc
    .record(vendors)
    .map((asks) =>
      question(BrowseVendors.view.key(present(asks)), [
        'vendors page',
        asks.page,
        asks.q ?? null,
        asks.product ?? null,
      ]),
    ),
  showVendor: id.map((of) =>
    question(ShowVendor.view.key({ id: of, at: '2026-05-02T08:15:00.000Z' }), [
      'vendor page',
      canonicalId(of),
    ]),
  ),
  getVendor: byId('getVendor'),
  getVendorDashboard: byId('getVendorDashboard'),
  getOrganizerDashboard: byId('getOrganizerDashboard'),
  account: id.map((of) => question(ACCOUNT_DETAIL.key({ id: of }), ['account', canonicalId(of)])),
  session: id.map((of) => question(ACCOUNT_SESSION.key({ id: of }), ['session', canonicalId(of)])),
  showMarket: fc
    .record({ slug: id, today: date })
    .map((asks) => question(ShowMarket.view.key(asks), ['market page', asks.slug, asks.today])),
  showCalendar: id.map((slug) => question(ShowCalendar.view.key({ slug }), ['calendar', slug])),
  listDays: fc
    .record({ id, from: date, to: date })
    .map((asks) => question(ListDays.view.key(asks), ['days', canonicalId(asks.id), asks.from, asks.to])),
  marketZone: id.map((of) => question(MARKET_ZONE.key({ id: of }), ['zone', canonicalId(of)])),
  pageZone: id.map((slug) => question(PAGE_ZONE.key({ slug }), ['page zone', slug])),
  browseMarkets: fc
    .record({ page: number, open, ...places })
    .map((asks) =>
      question(BrowseMarkets.view.key(present(asks)), [
        'markets page',
        asks.page,
        asks.open ?? null,
        ...placesOf(asks),
      ]),
    ),
  showSitemap: fc.constant(question(ShowSitemap.view.key({}), ['sitemap'])),
  showSitemapPart: number.map((part) => question(ShowSitemapPart.view.key({ part }), ['sitemap', part])),
} satisfies Record<
  keyof typeof READS | 'account' | 'session' | 'marketZone' | 'pageZone',
  fc.Arbitrary<Asked>
>)

/** Two questions, more often to one view than not: keys that meet by chance are near each other. */
const twoQuestions = fc.oneof(
  fc.tuple(fc.oneof(...questions), fc.oneof(...questions)),
  ...questions.map((question) => fc.tuple(question, question)),
)

describe('the views’ keys', () => {
  it('differ exactly when the questions do', () => {
    fc.assert(
      fc.property(twoQuestions, ([one, other]) => {
        expect(one.key === other.key).toBe(one.identity === other.identity)
      }),
      { numRuns: 5_000 },
    )
  })

  it('do not see how a city or an id is written', () => {
    const listing = (of: string) => ListMarkets.view.key({ page: 1, pageSize: 20, city: normalizePlace(of) })
    expect(listing(' New  York')).toBe(listing('new york'))
    expect(listing('Chicago ')).not.toBe(listing('Chicago Heights'))
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        for (const name of ID_VIEWS) {
          const { view } = READS[name]
          expect(view.key({ id: uuid.toUpperCase() })).toBe(view.key({ id: uuid }))
          expect(view.tags({ id: uuid.toUpperCase() })).toEqual(view.tags({ id: uuid }))
        }
      }),
    )
  })

  it('tell all cities from a city without a name', () => {
    const paging = { page: 1, pageSize: 20 }
    expect(ListMarkets.view.key(paging)).not.toBe(
      ListMarkets.view.key({ ...paging, city: normalizePlace('') }),
    )
  })
})

const ID_VIEWS = [
  'getMarket',
  'getMarketStats',
  'getVendor',
  'getVendorDashboard',
  'getOrganizerDashboard',
] as const
type IdView = (typeof ID_VIEWS)[number]

function byId(name: IdView): fc.Arbitrary<Asked> {
  return id.map((of) => question(READS[name].view.key({ id: of }), [name, canonicalId(of)]))
}

function question(key: string, identity: readonly unknown[]): Asked {
  return { key, identity: JSON.stringify(identity) }
}

/** Without the fields that are undefined. */
function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}
