import { describe, expect, it } from 'vitest'
import { ACCOUNT_DETAIL } from '../../../src/application/accounts/account-settings.ts'
import { ACCOUNT_SESSION } from '../../../src/application/accounts/sessions.ts'
import type { Found, View } from '../../../src/application/consistency/view.ts'
import {
  BrowseMarkets,
  ShowSitemap,
  ShowSitemapPart,
  URLS_PER_SITEMAP,
} from '../../../src/application/pages/page-reads.ts'
import type { ViewQueries } from '../../../src/application/ports/view-queries.ts'
import { VIEWS } from '../../../src/application/use-cases.ts'
import { normalizePlace } from '../../../src/domain/market.ts'

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
const listed = (...slugs: string[]) => ({
  value: { markets: slugs.map((slug) => ({ slug })), total: 70, more: false, uncounted: false },
})

it('every view may be served unverified but an account’s own, and the one that decides who may do what', () => {
  expect(VIEWS.filter(({ alwaysVerified = false }) => alwaysVerified)).toEqual([
    ACCOUNT_DETAIL,
    ACCOUNT_SESSION,
  ])
})

describe('a view loads', () => {
  const load = <P, T>(view: View<P, T, ViewQueries>, params: P, answers?: Parameters<typeof queries>[0]) => {
    const { views, asked } = queries(answers)
    return view.load(views, params).then((found) => ({ found: found as Found<unknown>, asked }))
  }

  it.each([
    {},
    { city: normalizePlace('Bern') },
    { region: normalizePlace('BE'), country: normalizePlace('CH') },
  ])('the page of markets with the places that were asked for (%j)', async (places) => {
    const params = { page: 1, ...places }
    const { found, asked } = await load(BrowseMarkets.view, params, { marketListing: listed('a') })
    expect(asked).toEqual([['marketListing', { ...params, pageSize: 24 }]])
    expect(found).toEqual({
      value: {
        markets: [{ slug: 'a' }],
        total: 70,
        page: 1,
        page_size: 24,
        ...{
          city: null,
          region: null,
          country: null,
          q: null,
          product: null,
          near: null,
          day: null,
          ...places,
        },
      },
    })
  })

  it('the sitemap’s index as the number of markets', async () => {
    const { found, asked } = await load(ShowSitemap.view, {}, { marketListing: listed('a') })
    expect(asked).toEqual([['marketListing', { page: 1, pageSize: 1 }]])
    expect(found).toEqual({ value: { total: 70 } })
  })

  it('a part of the sitemap as the slugs of five thousand markets', async () => {
    const { found, asked } = await load(
      ShowSitemapPart.view,
      { part: 3 },
      { marketListing: listed('a', 'b') },
    )
    expect(URLS_PER_SITEMAP).toBe(5000)
    expect(asked).toEqual([['marketListing', { page: 3, pageSize: 5000 }]])
    expect(found).toEqual({ value: { slugs: ['a', 'b'] } })
  })

  it.each([
    [
      'the page of markets',
      (page: number) => load(BrowseMarkets.view, { page }, { marketListing: listed() }),
    ],
    ['the sitemap', (part: number) => load(ShowSitemapPart.view, { part }, { marketListing: listed() })],
  ])('%s: the first may be empty, any other is no page then', async (_, at) => {
    expect((await at(1)).found).toBeDefined()
    expect((await at(2)).found).toBeUndefined()
  })

  it.each([
    ['the page of markets', () => load(BrowseMarkets.view, { page: 2 }, { marketListing: undefined })],
    ['the sitemap', () => load(ShowSitemapPart.view, { part: 2 }, { marketListing: undefined })],
    ['its index', () => load(ShowSitemap.view, {}, { marketListing: undefined })],
  ])('%s as nothing when there is no listing', async (_, loading) => {
    expect((await loading()).found).toBeUndefined()
  })
})
