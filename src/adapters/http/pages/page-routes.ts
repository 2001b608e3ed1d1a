import type { Response } from 'express'
import { z } from 'zod'
import { MarketflowError } from '../../../domain/errors.ts'
import { isSlug } from '../../../domain/market.ts'
import { readQuery } from '../query.ts'
import type { Route } from '../routes.ts'
import type { HeaderList } from '../security-headers.ts'
import { sendReading } from '../send-reading.ts'
import { line, paging } from '../text-schemas.ts'
import type { UseCases } from '../use-cases.ts'

const HTML = 'text/html; charset=utf-8'
const XML = 'application/xml; charset=utf-8'

/** What others append to the links they share is no business of ours: unlike the API, a page takes any parameter. */
const listQuery = z.object({ page: paging.page, city: line(120).exactOptional() })

/** The public pages, and what search engines ask for. Only a known `publicUrl` makes a sitemap: it names addresses. */
export function pageRoutes(
  { browseMarkets, showMarket, showSitemap }: UseCases,
  headers: HeaderList,
  publicUrl: string | undefined,
): Route[] {
  const sitemap: Route[] = [
    get('/sitemap.xml', async (req, res) => {
      sendReading(req, res, await showSitemap.execute(), 'everybody', XML)
    }),
    get('/sitemap/:part.xml', async (req, res) => {
      const part = String(req.params.part)
      if (!/^[1-9]\d{0,4}$/.test(part)) throw new MarketflowError('route-not-found')
      sendReading(req, res, await showSitemap.execute(Number(part)), 'everybody', XML)
    }),
  ]
  return [
    get('/', async (req, res) => {
      const reading = await browseMarkets.execute(readQuery(req, listQuery))
      sendReading(req, withHeaders(res, headers), reading, 'everybody', HTML)
    }),
    get('/m/:slug', async (req, res) => {
      const slug = String(req.params.slug)
      if (!isSlug(slug)) throw new MarketflowError('market-not-found')
      const reading = await showMarket.execute(slug)
      sendReading(req, withHeaders(res, headers), reading, 'everybody', HTML)
    }),
    get('/robots.txt', (_req, res) => {
      const body = Buffer.from(robots(publicUrl))
      res.writeHead(200, {
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Length': body.length,
        'Cache-Control': 'max-age=3600',
        'X-Content-Type-Options': 'nosniff',
      })
      res.end(body)
    }),
    ...(publicUrl === undefined ? [] : sitemap),
  ]
}

function get(path: string, handle: Route['handle']): Route {
  return { method: 'GET', path, takesQuery: true, operation: null, handle }
}

function withHeaders(res: Response, headers: HeaderList): Response {
  for (const [name, value] of headers) res.setHeader(name, value)
  return res
}

/** The API answers the same questions as the pages, in a form that is of no use among search results. */
function robots(publicUrl: string | undefined): string {
  const api = ['/markets', '/vendors', '/organizers', '/applications', '/auth', '/me', '/metrics', '/readyz']
  const sitemap = publicUrl === undefined ? [] : ['', `Sitemap: ${publicUrl}/sitemap.xml`]
  return ['User-agent: *', ...api.map((path) => `Disallow: ${path}`), ...sitemap, ''].join('\n')
}
