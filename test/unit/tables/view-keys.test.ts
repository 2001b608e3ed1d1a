import { expect, it } from 'vitest'
import { VIEWS } from '../../../src/application/tables/view-table.ts'

const id = '0190a0b0-0000-7000-8000-000000000001'

/** Operators read these in Redis, and releases that run side by side share what is under them. */
it.each([
  [VIEWS.marketListing.key({ page: 2, pageSize: 10 }), 'markets:active:page:2:size:10'],
  [
    VIEWS.marketListing.key({ page: 2, pageSize: 10, city: 'bern' }),
    'markets:active:page:2:size:10:city:bern',
  ],
  [VIEWS.marketDetail.key({ id }), `market:${id}:detail`],
  [VIEWS.marketStats.key({ id }), `stats:market:${id}`],
  [
    VIEWS.marketApplications.key({ marketId: id, page: 1, pageSize: 20 }),
    `market:${id}:applications:status:any:page:1:size:20`,
  ],
  [VIEWS.vendorProfile.key({ id }), `vendor:${id}:profile`],
  [VIEWS.vendorDashboard.key({ id }), `vendor:${id}:dashboard`],
  [VIEWS.organizerDashboard.key({ id }), `organizer:${id}:dashboard`],
  [VIEWS.accountSession.key({ id }), `account:${id}:session`],
  [VIEWS.marketPage.key({ slug: 'a-market' }), 'page:market:a-market'],
  [VIEWS.marketsPage.key({ page: 3 }), 'page:markets:3'],
  [VIEWS.marketsPage.key({ page: 3, city: 'bern' }), 'page:markets:3:city:bern'],
  [VIEWS.sitemapIndex.key({}), 'page:sitemap:index'],
  [VIEWS.sitemapPart.key({ part: 4 }), 'page:sitemap:part:4'],
])('%s is a key that stays as it is', (key, expected) => {
  expect(key).toBe(expected)
})

it.each([
  'marketDetail',
  'marketStats',
  'vendorProfile',
  'vendorDashboard',
  'organizerDashboard',
  'accountSession',
] as const)('%s depends on what happens to its own subject', (name) => {
  const [tag, ...more] = VIEWS[name].tags({ id })
  expect(tag).toContain(id)
  expect(more).toEqual([])
})
