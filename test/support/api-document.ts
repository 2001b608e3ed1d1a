import type { Access } from '../../src/adapters/http/access.ts'
import { apiRoutes } from '../../src/adapters/http/api-routes.ts'
import { openApiDocument } from '../../src/adapters/http/openapi/document.ts'
import type { SystemProbes } from '../../src/adapters/http/system-routes.ts'
import type { UseCases } from '../../src/adapters/http/use-cases.ts'

/** The route table over nothing: to look at, not to ask. */
export const ROUTES = apiRoutes({} as UseCases, {} as Access, undefined, {} as SystemProbes)

/** What the service answers at `/openapi.json`. */
export const DOCUMENT = openApiDocument(ROUTES)
