import type { Request } from 'express'
import { z } from 'zod'
import type { Reading } from '../../../application/consistency/reading.ts'
import { MarketflowError } from '../../../domain/errors.ts'
import { isSlug } from '../../../domain/market.ts'
import type { CachedReads } from '../cached-reads.ts'
import { readQuery } from '../query.ts'
import type { Route } from '../routes.ts'
import type { HeaderList } from '../security-headers.ts'
import type { Sending } from '../send-reading.ts'
import { line, paging } from '../text-schemas.ts'
import type { UseCases } from '../use-cases.ts'

const HTML = 'text/html; charset=utf-8'
const XML = 'application/xml; charset=utf-8'

/** What others append to the links they share is no business of ours: unlike the API, a page takes any parameter. */
export const listQuery = z.object({ page: paging.page, city: line(120).exactOptional() })

/** The public pages, and what search engines ask for. Only a known `publicUrl` makes a sitemap: it names addresses. */
export function pageRoutes(
  { browseMarkets, showMarket, showSitemap }: UseCases,
  reads: CachedReads,
  headers: HeaderList,
  publicUrl: string | undefined,
): Route[] {
  const cached = (
    path: string,
    sending: Pick<Sending, 'contentType' | 'headers'>,
    question: (req: Request) => () => Promise<Reading<unknown>>,
  ) =>
    reads.route({
      path,
      takesQuery: true,
      operation: null,
      audience: 'everybody',
      ...sending,
      admit: () => undefined,
      question,
    })
  const page = { contentType: HTML, headers }
  const sitemap: Route[] = [
    cached('/sitemap.xml', { contentType: XML }, () => () => showSitemap.execute()),
    cached('/sitemap/:part.xml', { contentType: XML }, (req) => {
      const part = String(req.params.part)
      if (!/^[1-9]\d{0,4}$/.test(part)) throw new MarketflowError('route-not-found')
      return () => showSitemap.execute(Number(part))
    }),
  ]
  return [
    cached('/', page, (req) => {
      const query = readQuery(req, listQuery)
      return () => browseMarkets.execute(query)
    }),
    cached('/m/:slug', page, (req) => {
      const slug = String(req.params.slug)
      if (!isSlug(slug)) throw new MarketflowError('market-not-found')
      return () => showMarket.execute(slug)
    }),
    get('/robots.txt', (_req, res) => {
      const body = Buffer.from(robots(publicUrl))
      res.writeHead(200, {
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Length': body.length,
        'Cache-Control': 'max-age=3600',
      })
      res.end(body)
    }),
    ...(publicUrl === undefined ? [] : sitemap),
  ]
}

function get(path: string, handle: Route['handle']): Route {
  return { method: 'GET', path, takesQuery: true, operation: null, handle }
}

/** The API answers the same questions as the pages, in a form that is of no use among search results. */
function robots(publicUrl: string | undefined): string {
  const api = ['/markets', '/vendors', '/organizers', '/applications', '/auth', '/me', '/metrics', '/readyz']
  const sitemap = publicUrl === undefined ? [] : ['', `Sitemap: ${publicUrl}/sitemap.xml`]
  return ['User-agent: *', ...api.map((path) => `Disallow: ${path}`), ...sitemap, ''].join('\n')
}
