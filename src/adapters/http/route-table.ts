import type { Access } from './access.ts'
import { applicationRoutes } from './application-routes.ts'
import { authRoutes } from './auth-routes.ts'
import type { CachedReads } from './cached-reads.ts'
import { marketRoutes } from './market-routes.ts'
import { documentRoute } from './openapi/document-route.ts'
import { viewerRoutes } from './openapi/viewer-routes.ts'
import { organizerRoutes } from './organizer-routes.ts'
import { assetRoutes } from './pages/asset-routes.ts'
import { pageRoutes } from './pages/page-routes.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Route } from './routes.ts'
import type { HeaderList } from './security-headers.ts'
import { type SystemProbes, systemRoutes } from './system-routes.ts'
import type { UseCases } from './use-cases.ts'
import { vendorRoutes } from './vendor-routes.ts'

export interface RouteOptions {
  readonly limits: RateLimits | undefined
  readonly probes: SystemProbes
  /** What every page for people says to browsers. */
  readonly forPages: HeaderList
  readonly publicUrl: string | undefined
}

/** Everything that can be asked for: the API, its document, and the pages for people. */
export function routeTable(
  useCases: UseCases,
  access: Access,
  reads: CachedReads,
  { limits, probes, forPages, publicUrl }: RouteOptions,
): Route[] {
  const api = [
    // Express tries paths in this order: what is read most comes first.
    ...marketRoutes(useCases, access, reads),
    ...vendorRoutes(useCases, access, reads),
    ...organizerRoutes(useCases, access, reads),
    ...applicationRoutes(useCases, access, reads),
    ...authRoutes(useCases, access, limits),
    ...systemRoutes(probes),
  ]
  return [
    ...api,
    ...pageRoutes(useCases, reads, forPages, publicUrl),
    ...assetRoutes(forPages),
    documentRoute(api),
    ...viewerRoutes(),
  ]
}
