import type { ExplainView, Explanation } from '../../application/consistency/explanation.ts'
import type { RenderedViews } from '../../application/pages/rendered-views.ts'
import { VIEWS } from '../../application/tables/view-table.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { normalizeCity } from '../../domain/market.ts'
import { APPLICATION_STATUSES } from '../../domain/vendor-application.ts'

/**
 * Explains the view that a path of the HTTP API reads, such as `/markets?city=lisbon`.
 * @throws MarketflowError `validation-failed` telling which paths there are.
 */
export function explainPath(explain: ExplainView, pages: RenderedViews, path: string): Promise<Explanation> {
  const { pathname, searchParams } = new URL(path, 'http://marketflow.invalid')
  const [collection, id = '', part = ''] = pathname.split('/').slice(1)
  const page = Number(searchParams.get('page') ?? 1)
  const pageSize = Number(searchParams.get('page_size') ?? 20)
  const city = normalizeCity(searchParams.get('city') ?? '')
  switch (`/${collection}${id && '/id'}${part && `/${part}`}`) {
    case '/':
      return explain.execute(pages.markets, city === '' ? { page } : { page, city })
    case '/m/id':
      return explain.execute(pages.market, { slug: id })
    case '/markets':
      return explain.execute(VIEWS.marketListing, city === '' ? { page, pageSize } : { page, pageSize, city })
    case '/markets/id':
      return explain.execute(VIEWS.marketDetail, { id })
    case '/markets/id/stats':
      return explain.execute(VIEWS.marketStats, { id })
    case '/markets/id/applications': {
      const status = APPLICATION_STATUSES.find((each) => each === searchParams.get('status'))
      const params = { marketId: id, page, pageSize }
      return explain.execute(VIEWS.marketApplications, status === undefined ? params : { ...params, status })
    }
    case '/vendors/id':
      return explain.execute(VIEWS.vendorProfile, { id })
    case '/vendors/id/dashboard':
      return explain.execute(VIEWS.vendorDashboard, { id })
    case '/organizers/id/dashboard':
      return explain.execute(VIEWS.organizerDashboard, { id })
    default:
      throw notCached(path)
  }
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
