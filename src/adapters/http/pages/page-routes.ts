import { z } from 'zod'
import { RELATIVE_DAYS } from '../../../application/pages/page-reads.ts'
import { asCompared, asNear, nearQuery, placesQuery, productQuery } from '../api/markets.ts'
import { asVendorsFound, vendorsQuery } from '../api/vendors.ts'
import { page, type ReadRoute } from '../kit/api-route.ts'
import type { Route } from '../kit/routes.ts'
import type { HeaderList } from '../kit/security-headers.ts'
import { date, paging } from '../kit/text-schemas.ts'
import { asUnverified } from './layout.ts'

const HTML = 'text/html; charset=utf-8'
const XML = 'application/xml; charset=utf-8'

/** What others append to the links they share is no business of ours: unlike the API, a page takes any parameter. */
const dayError = `expected ${RELATIVE_DAYS.join(', ')}, or a date such as 2026-05-02`
const day = z.union([z.enum([...RELATIVE_DAYS, '']), date()], { error: dayError })
const listParameters = {
  page: paging.page,
  ...placesQuery,
  ...productQuery,
  ...nearQuery,
  day: day.exactOptional(),
}
const listQuery = z
  .object(listParameters)
  .transform(({ page, product, day = '', near, radius_km, ...places }) => ({
    page,
    ...asCompared(places),
    ...(product && { product }),
    ...asNear({ ...(near && { near }), ...(radius_km && { radius_km }) }),
    ...(day !== '' && { day }),
  }))

const vendorParameters = { page: paging.page, ...vendorsQuery }
const vendorsListQuery = z
  .object(vendorParameters)
  .transform(({ page, ...found }) => ({ page, ...asVendorsFound(found) }))

/** The public pages, and what search engines ask for. Only a known `publicUrl` makes a sitemap: it names addresses. */
export function pageReads(headers: HeaderList, publicUrl: string | undefined): ReadRoute[] {
  const forPeople = { contentType: HTML, headers, asUnverified }
  const sitemap = [
    page('/sitemap.xml', 'showSitemap', { contentType: XML }),
    page('/sitemap/:part.xml', 'showSitemapPart', { contentType: XML }),
  ]
  return [
    page('/', 'browseMarkets', { ...forPeople, query: listQuery, parameters: Object.keys(listParameters) }),
    page('/m/:slug.ics', 'showCalendar', { contentType: 'text/calendar; charset=utf-8' }),
    page('/m/:slug', 'showMarket', forPeople),
    page('/v', 'browseVendors', {
      ...forPeople,
      query: vendorsListQuery,
      parameters: Object.keys(vendorParameters),
    }),
    page('/v/:id', 'showVendor', forPeople),
    ...(publicUrl === undefined ? [] : sitemap),
  ]
}

export function robotsRoute(publicUrl: string | undefined): Route {
  return {
    method: 'GET',
    path: '/robots.txt',
    takesQuery: true,
    operation: null,
    handle(_req, res) {
      const body = Buffer.from(robots(publicUrl))
      res.writeHead(200, {
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Length': body.length,
        'Cache-Control': 'max-age=3600',
      })
      res.end(body)
    },
  }
}

/** The API answers the same questions as the pages, in a form that is of no use among search results. */
function robots(publicUrl: string | undefined): string {
  const api = '/markets /vendors /organizers /applications /auth /me /password-resets /metrics /readyz'.split(
    ' ',
  )
  const sitemap = publicUrl === undefined ? [] : ['', `Sitemap: ${publicUrl}/sitemap.xml`]
  return ['User-agent: *', ...api.map((path) => `Disallow: ${path}`), ...sitemap, ''].join('\n')
}
