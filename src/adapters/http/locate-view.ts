import { z } from 'zod'
import type { ExplainView, Explanation } from '../../application/consistency/explanation.ts'
import type { RenderedViews } from '../../application/pages/rendered-views.ts'
import { VIEWS } from '../../application/tables/view-table.ts'
import { type ErrorCode, MarketflowError } from '../../domain/errors.ts'
import { isSlug, normalizeCity } from '../../domain/market.ts'
import { applicationsQuery } from './application-schemas.ts'
import { listingQuery } from './market-schemas.ts'
import { listQuery } from './pages/page-routes.ts'
import { assertId } from './path-id.ts'
import { validate } from './validation.ts'

/**
 * Explains the view that a path of the HTTP API reads, such as `/markets?city=lisbon`. What the route refuses is refused
 * here in the same words: an explanation of a key that no read asks for would be wrong.
 * @throws MarketflowError `validation-failed` telling which paths there are, or what the route says; `…-not-found`
 */
export async function explainPath(
  explain: ExplainView,
  pages: RenderedViews,
  path: string,
): Promise<Explanation> {
  const { pathname, searchParams } = located(path)
  const [collection = '', id = '', part = '', ...others] = pathname.split('/').slice(1)
  const query = <Schema extends z.ZodType>(schema: Schema) =>
    validate(schema, parametersOf(searchParams), 'query')
  const known = (missing: Extract<ErrorCode, `${string}-not-found`>) => {
    query(NO_PARAMETERS)
    return { id: assertId(id, missing) }
  }
  if (others.some((other) => other !== '')) throw notCached(path)
  switch (`/${collection}${id && '/id'}${part && `/${part}`}`) {
    case '/':
      return explain.execute(pages.markets, ofCity(query(listQuery)))
    case '/m/id':
      if (!isSlug(id)) throw new MarketflowError('market-not-found')
      return explain.execute(pages.market, { slug: id })
    case '/markets':
      return explain.execute(VIEWS.marketListing, ofCity(query(listingQuery)))
    case '/markets/id':
      return explain.execute(VIEWS.marketDetail, known('market-not-found'))
    case '/markets/id/stats':
      return explain.execute(VIEWS.marketStats, known('market-not-found'))
    case '/markets/id/applications': {
      const params = { marketId: assertId(id, 'market-not-found'), ...query(applicationsQuery) }
      return explain.execute(VIEWS.marketApplications, params)
    }
    case '/vendors/id':
      return explain.execute(VIEWS.vendorProfile, known('vendor-not-found'))
    case '/vendors/id/dashboard':
      return explain.execute(VIEWS.vendorDashboard, known('vendor-not-found'))
    case '/organizers/id/dashboard':
      return explain.execute(VIEWS.organizerDashboard, known('organizer-not-found'))
    default:
      throw notCached(path)
  }
}

const NO_PARAMETERS = z.strictObject({})

/** A path, or a whole URL; a broken encoding is refused as it is on its way to a route. */
function located(path: string): URL {
  const url = URL.parse(path.startsWith('/') ? `http://marketflow.invalid${path}` : path)
  try {
    decodeURIComponent(path)
  } catch {
    throw notCached(path)
  }
  if (url === null || !/^https?:$/.test(url.protocol)) throw notCached(path)
  return url
}

/** As a route has them: a parameter that is given more than once is a list. */
function parametersOf(searchParams: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(
    Array.from(new Set(searchParams.keys()), (name) => {
      const values = searchParams.getAll(name)
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}

/** As `ListMarkets` and `BrowseMarkets` ask: no city where none is left without its blanks. */
function ofCity<Query extends { readonly city?: string }>({ city, ...rest }: Query) {
  const normalized = normalizeCity(city ?? '')
  return normalized === '' ? rest : { ...rest, city: normalized }
}

function notCached(path: string): MarketflowError {
  const message = `is not cached. Cached are ${CACHED_PATHS.join(', ')}`
  return new MarketflowError('validation-failed', `${path} ${message}`, {
    errors: [{ path: 'path', message }],
  })
}

const CACHED_PATHS = [
  '/[?city=&page=]',
  '/m/{slug}',
  '/markets[?city=&page=&page_size=]',
  '/markets/{id}',
  '/markets/{id}/stats',
  '/markets/{id}/applications',
  '/vendors/{id}',
  '/vendors/{id}/dashboard',
  '/organizers/{id}/dashboard',
]
