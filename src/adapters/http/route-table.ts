import type { Application } from '../../application/use-cases.ts'
import { ACCOUNT_ROUTES } from './api/accounts.ts'
import { APPLICATION_ROUTES, ORGANIZER_ROUTES } from './api/applications.ts'
import { MARKET_ROUTES } from './api/markets.ts'
import { VENDOR_ROUTES } from './api/vendors.ts'
import type { CachedReads } from './cached-reads.ts'
import type { Access } from './kit/access.ts'
import type { CallRoute, ReadRoute } from './kit/api-route.ts'
import { callRoute } from './kit/call-route.ts'
import type { RateLimits } from './kit/rate-limits.ts'
import type { Route } from './kit/routes.ts'
import type { HeaderList } from './kit/security-headers.ts'
import { documentRoute } from './openapi/document-route.ts'
import { viewerRoutes } from './openapi/viewer-routes.ts'
import { accountRoutes } from './pages/account-page.ts'
import { assetRoutes } from './pages/asset-routes.ts'
import { pageReads, robotsRoute } from './pages/page-routes.ts'
import { resetRoutes } from './pages/reset-page.ts'
import { type SystemProbes, systemRoutes } from './system/system-routes.ts'

/** The API's rows. Express tries paths in this order: what is read most comes first. */
const API: readonly (ReadRoute | CallRoute)[] = [
  ...MARKET_ROUTES,
  ...VENDOR_ROUTES,
  ...ORGANIZER_ROUTES,
  ...APPLICATION_ROUTES,
  ...ACCOUNT_ROUTES,
]

export interface RouteOptions {
  readonly limits: RateLimits | undefined
  readonly probes: SystemProbes
  /** What every page for people says to browsers. */
  readonly forPages: HeaderList
  readonly publicUrl: string | undefined
}

/** Every row that is answered from a cached view: what operators can have explained. */
export function readRoutes({
  forPages,
  publicUrl,
}: Pick<RouteOptions, 'forPages' | 'publicUrl'>): ReadRoute[] {
  return [...API.filter((row) => 'read' in row), ...pageReads(forPages, publicUrl)]
}

/** Everything that can be asked for: the API, its document, and the pages for people. */
export function routeTable(
  application: Application,
  access: Access,
  reads: CachedReads,
  options: RouteOptions,
): Route[] {
  const { limits, probes, forPages, publicUrl } = options
  const route = (row: ReadRoute | CallRoute) =>
    'read' in row ? reads.route(row, access, application) : callRoute(row, access, application, limits)
  const api = [...API.map(route), ...systemRoutes(probes, limits)]
  return [
    ...api,
    ...pageReads(forPages, publicUrl).map(route),
    ...accountRoutes(application, forPages, limits),
    ...resetRoutes(application, forPages, limits),
    robotsRoute(publicUrl),
    ...assetRoutes(forPages),
    documentRoute(api),
    ...viewerRoutes(),
  ]
}
