import type { Access } from './access.ts'
import { applicationRoutes } from './application-routes.ts'
import { authRoutes } from './auth-routes.ts'
import { marketRoutes } from './market-routes.ts'
import { documentRoute } from './openapi/document-route.ts'
import { viewerRoutes } from './openapi/viewer-routes.ts'
import { organizerRoutes } from './organizer-routes.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Route } from './routes.ts'
import { type SystemProbes, systemRoutes } from './system-routes.ts'
import type { UseCases } from './use-cases.ts'
import { vendorRoutes } from './vendor-routes.ts'

/** Everything a program can ask for, its document, and the page that shows it. */
export function apiRoutes(
  useCases: UseCases,
  access: Access,
  limits: RateLimits | undefined,
  probes: SystemProbes,
): Route[] {
  const routes = [
    // Express tries paths in this order: what is read most comes first.
    ...marketRoutes(useCases, access),
    ...vendorRoutes(useCases, access),
    ...organizerRoutes(useCases, access),
    ...applicationRoutes(useCases, access),
    ...authRoutes(useCases, access, limits),
    ...systemRoutes(probes),
  ]
  return [...routes, documentRoute(routes), ...viewerRoutes()]
}
