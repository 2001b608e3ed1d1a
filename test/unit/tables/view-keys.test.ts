import { expect, it } from 'vitest'
import { ACCOUNT_DETAIL } from '../../../src/application/accounts/account-settings.ts'
import { ACCOUNT_SESSION } from '../../../src/application/accounts/sessions.ts'
import {
  GetApplication,
  ListApplications,
  ListOwnApplications,
} from '../../../src/application/applications/application-reads.ts'
import {
  GetMarket,
  GetMarketStats,
  ListDays,
  ListMarkets,
  ListOwnMarkets,
} from '../../../src/application/markets/market-reads.ts'
import { GetOrganizerDashboard } from '../../../src/application/organizers/organizer-reads.ts'
import {
  BrowseMarkets,
  ShowCalendar,
  ShowMarket,
  ShowSitemap,
  ShowSitemapPart,
} from '../../../src/application/pages/page-reads.ts'
import { GetVendor, GetVendorDashboard } from '../../../src/application/vendors/vendor-reads.ts'
import { normalizePlace } from '../../../src/domain/market.ts'

const id = '0190a0b0-0000-7000-8000-000000000001'

it('a list is kept as strangers’ keys are from where a cursor leads on, and as its own on the first ten pages', () => {
  const unbounded = (params: object) => ListMarkets.view.unbounded!({ page: 1, pageSize: 20, ...params })
  const pages = [1, 10, 11].map((page) => unbounded({ page }))
  expect([unbounded({ after: { name: 'A', id } }), ...pages]).toEqual([true, false, false, true])
})

/** Operators read these in Redis, and releases that run side by side share what is under them. */
it.each([
  [ListMarkets.view.key({ page: 2, pageSize: 10 }), 'markets:active:page:2:size:10'],
  [
    ListMarkets.view.key({ page: 2, pageSize: 10, city: normalizePlace('Bern') }),
    'markets:active:page:2:size:10:city:bern',
  ],
  [
    ListMarkets.view.key({
      page: 1,
      pageSize: 20,
      city: normalizePlace('Bern'),
      region: normalizePlace('BE'),
      country: normalizePlace('CH'),
    }),
    'markets:active:page:1:size:20:country:ch:region:be:city:bern',
  ],
  [
    ListMarkets.view.key({
      page: 1,
      pageSize: 20,
      q: normalizePlace(' Bio  Brot'),
      city: normalizePlace('Bern'),
    }),
    'markets:active:page:1:size:20:q:bio%20brot:city:bern',
  ],
  [
    ListMarkets.view.key({
      page: 1,
      pageSize: 20,
      after: { name: 'Bio & Brot', id },
      city: normalizePlace('Bern'),
    }),
    `markets:active:after:Bio%20&%20Brot:${id}:size:20:city:bern`,
  ],
  [GetMarket.view.key({ id }), `market:${id}:detail`],
  [GetMarketStats.view.key({ id }), `stats:market:${id}`],
  [
    ListApplications.view.key({ id, page: 1, pageSize: 20 }),
    `market:${id}:applications:status:any:page:1:size:20`,
  ],
  [
    ListOwnMarkets.view.key({ organizer: id, status: 'draft', page: 1, pageSize: 20 }),
    `organizer:${id}:markets:status:draft:page:1:size:20`,
  ],
  [
    ListOwnApplications.view.key({ vendor: id, page: 1, pageSize: 20 }),
    `vendor:${id}:applications:status:any:page:1:size:20`,
  ],
  [GetApplication.view.key({ id, side: 'vendor' }), `application:${id}:detail:vendor`],
  [GetVendor.view.key({ id }), `vendor:${id}:profile`],
  [GetVendorDashboard.view.key({ id }), `vendor:${id}:dashboard`],
  [GetOrganizerDashboard.view.key({ id }), `organizer:${id}:dashboard`],
  [ACCOUNT_DETAIL.key({ id }), `account:${id}:detail`],
  [ACCOUNT_SESSION.key({ id }), `account:${id}:session`],
  [ShowMarket.view.key({ slug: 'a-market', today: '2026-05-02' }), 'page:market:a-market:2026-05-02'],
  [ShowCalendar.view.key({ slug: 'a-market' }), 'page:market:a-market:calendar'],
  [
    ListDays.view.key({ id, from: '2026-05-02', to: '2026-05-03' }),
    `market:${id}:days:2026-05-02:2026-05-03`,
  ],
  [
    ListMarkets.view.key({ page: 1, pageSize: 20, open: { from: '2026-05-02', to: '2026-05-03' } }),
    'markets:active:page:1:size:20:open:2026-05-02:2026-05-03',
  ],
  [
    BrowseMarkets.view.key({ page: 1, open: { relative: 'weekend', at: '2026-05-02T00:15:00.000Z' } }),
    'page:markets:1:open:weekend:2026-05-02T00%3A15%3A00.000Z',
  ],
  [
    ListMarkets.view.key({
      page: 2,
      pageSize: 10,
      near: { point: { latitude: 41.88, longitude: -87.62 }, radiusKm: 25 },
      open: { from: '2026-05-02', to: '2026-05-02' },
    }),
    'markets:active:near:418,-877:25:open:2026-05-02:2026-05-02',
  ],
  [
    BrowseMarkets.view.key({ page: 1, near: { point: { latitude: 89.99, longitude: 180 }, radiusKm: 5 } }),
    'page:markets:near:899,-1800:5',
  ],
  [BrowseMarkets.view.key({ page: 3 }), 'page:markets:3'],
  [BrowseMarkets.view.key({ page: 3, city: normalizePlace('Bern') }), 'page:markets:3:city:bern'],
  [ShowSitemap.view.key({}), 'page:sitemap:index'],
  [ShowSitemapPart.view.key({ part: 4 }), 'page:sitemap:part:4'],
])('%s is a key that stays as it is', (key, expected) => {
  expect(key).toBe(expected)
})
