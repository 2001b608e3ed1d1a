import { describe, expect, it } from 'vitest'
import type { Found, View } from '../../../src/application/consistency/view.ts'
import type { ViewQueries } from '../../../src/application/ports/view-queries.ts'
import { LONGEST_TTL_S, URLS_PER_SITEMAP, VIEWS } from '../../../src/application/tables/view-table.ts'

const id = '0190a0b0-0000-7000-8000-00000000000a'
const paging = { page: 2, pageSize: 10 }
const applications = { marketId: id, page: 1, pageSize: 20 } as const

/** Answers each query by its name, and notes what it was asked with. */
function queries(answers: Partial<Record<keyof ViewQueries, Found<unknown>>> = {}) {
  const asked: unknown[][] = []
  const views = new Proxy({} as ViewQueries, {
    get: (_, query: keyof ViewQueries) => async (params: unknown) => {
      asked.push([query, params])
      return query in answers ? answers[query] : { value: `the answer to ${query}` }
    },
  })
  return { views, asked }
}

/** A page of the listing with these slugs, of more markets in all. */
const listed = (...slugs: string[]) => ({ value: { markets: slugs.map((slug) => ({ slug })), total: 70 } })

describe('the table', () => {
  it.each<[keyof typeof VIEWS, name: string, minutes: number]>([
    ['marketListing', 'market-listing', 5],
    ['marketDetail', 'market-detail', 5],
    ['marketStats', 'market-stats', 2],
    ['marketApplications', 'market-applications', 2],
    ['vendorProfile', 'vendor-profile', 10],
    ['vendorDashboard', 'vendor-dashboard', 2],
    ['organizerDashboard', 'organizer-dashboard', 2],
    ['accountSession', 'account-session', 10],
    ['marketPage', 'market-page', 15],
    ['marketsPage', 'markets-page', 15],
    ['sitemapIndex', 'sitemap-index', 15],
    ['sitemapPart', 'sitemap-part', 15],
  ])('%s is called %s, and stays fresh for %i minutes', (view, name, minutes) => {
    expect(VIEWS[view]).toMatchObject({ name, ttlS: minutes * 60 })
  })

  it('says how long the longest of them stays fresh', () => {
    expect(LONGEST_TTL_S).toBe(15 * 60)
  })

  it('serves unverified whatever does not decide who may do what', () => {
    const strict = Object.values(VIEWS).filter(
      ({ alwaysVerified }: { alwaysVerified?: boolean }) => alwaysVerified,
    )
    expect(strict).toEqual([VIEWS.accountSession])
  })
})

describe('what a view depends on', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['listing', VIEWS.marketListing.tags(paging), ['markets:active']],
    [
      'listing of a city',
      VIEWS.marketListing.tags({ ...paging, city: ' Bern' }),
      ['markets:active:city:bern'],
    ],
    ['detail', VIEWS.marketDetail.tags({ id }), [`market:${id}`]],
    ['stats', VIEWS.marketStats.tags({ id }), [`stats:market:${id}`]],
    ['applications', VIEWS.marketApplications.tags(applications), [`applications:market:${id}`]],
    ['profile', VIEWS.vendorProfile.tags({ id }), [`vendor:${id}`]],
    ['vendor’s dashboard', VIEWS.vendorDashboard.tags({ id }), [`vendor:${id}`]],
    ['organizer’s dashboard', VIEWS.organizerDashboard.tags({ id }), [`organizer:${id}`]],
    ['session', VIEWS.accountSession.tags({ id }), [`account:${id}`]],
    ['market’s page', VIEWS.marketPage.tags({ slug: 'a-market' }), ['page:market:a-market']],
    ['page of markets', VIEWS.marketsPage.tags({ page: 1 }), ['markets:active']],
    ['page of a city', VIEWS.marketsPage.tags({ page: 1, city: 'Bern' }), ['markets:active:city:bern']],
    ['sitemap’s index', VIEWS.sitemapIndex.tags({}), ['markets:active']],
    ['sitemap’s part', VIEWS.sitemapPart.tags({ part: 1 }), ['markets:active']],
  ])('%s', (_, tags, expected) => {
    expect(tags).toEqual(expected)
  })
})

describe('a view loads', () => {
  const load = <P, T>(view: View<P, T, ViewQueries>, params: P, answers?: Parameters<typeof queries>[0]) => {
    const { views, asked } = queries(answers)
    return view.load(views, params).then((found) => ({ found: found as Found<unknown>, asked }))
  }

  it.each<[keyof ViewQueries, () => ReturnType<typeof load>, params: unknown]>([
    ['marketListing', () => load(VIEWS.marketListing, paging), paging],
    ['marketDetail', () => load(VIEWS.marketDetail, { id }), id],
    ['marketStats', () => load(VIEWS.marketStats, { id }), id],
    ['marketApplications', () => load(VIEWS.marketApplications, applications), applications],
    ['vendorProfile', () => load(VIEWS.vendorProfile, { id }), id],
    ['vendorDashboard', () => load(VIEWS.vendorDashboard, { id }), id],
    ['organizerDashboard', () => load(VIEWS.organizerDashboard, { id }), id],
    ['accountSession', () => load(VIEWS.accountSession, { id }), id],
    ['marketPage', () => load(VIEWS.marketPage, { slug: 'a-market' }), 'a-market'],
  ])('%s as it is queried', async (query, loading, params) => {
    expect(await loading()).toEqual({
      found: { value: `the answer to ${query}` },
      asked: [[query, params]],
    })
  })

  it.each([
    { city: undefined, shown: null },
    { city: 'Bern', shown: 'Bern' },
  ])('the page of markets with the city that was asked for ($city)', async ({ city, shown }) => {
    const params = city === undefined ? { page: 1 } : { page: 1, city }
    const { found, asked } = await load(VIEWS.marketsPage, params, { marketListing: listed('a') })
    expect(asked).toEqual([['marketListing', { ...params, pageSize: 24 }]])
    expect(found).toEqual({ value: { ...listed('a').value, city: shown } })
  })

  it('the sitemap’s index as the number of markets', async () => {
    const { found, asked } = await load(VIEWS.sitemapIndex, {}, { marketListing: listed('a') })
    expect(asked).toEqual([['marketListing', { page: 1, pageSize: 1 }]])
    expect(found).toEqual({ value: { total: 70 } })
  })

  it('a part of the sitemap as the slugs of five thousand markets', async () => {
    const { found, asked } = await load(VIEWS.sitemapPart, { part: 3 }, { marketListing: listed('a', 'b') })
    expect(URLS_PER_SITEMAP).toBe(5000)
    expect(asked).toEqual([['marketListing', { page: 3, pageSize: 5000 }]])
    expect(found).toEqual({ value: { slugs: ['a', 'b'] } })
  })

  it.each([
    ['the page of markets', (page: number) => load(VIEWS.marketsPage, { page }, { marketListing: listed() })],
    ['the sitemap', (part: number) => load(VIEWS.sitemapPart, { part }, { marketListing: listed() })],
  ])('%s: the first may be empty, any other is no page then', async (_, at) => {
    expect((await at(1)).found).toBeDefined()
    expect((await at(2)).found).toBeUndefined()
  })

  it.each([
    ['the page of markets', () => load(VIEWS.marketsPage, { page: 2 }, { marketListing: undefined })],
    ['the sitemap', () => load(VIEWS.sitemapPart, { part: 2 }, { marketListing: undefined })],
    ['its index', () => load(VIEWS.sitemapIndex, {}, { marketListing: undefined })],
  ])('%s as nothing when there is no listing', async (_, loading) => {
    expect((await loading()).found).toBeUndefined()
  })
})
