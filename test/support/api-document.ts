import { CachedReads } from '../../src/adapters/http/cached-reads.ts'
import type { Access } from '../../src/adapters/http/kit/access.ts'
import { CrossOrigin } from '../../src/adapters/http/kit/cross-origin.ts'
import type { RequestObserver } from '../../src/adapters/http/kit/observe.ts'
import type { RequestIds } from '../../src/adapters/http/kit/request-id.ts'
import { openApiDocument } from '../../src/adapters/http/openapi/document.ts'
import { routeTable } from '../../src/adapters/http/route-table.ts'
import type { SystemProbes } from '../../src/adapters/http/system/system-routes.ts'
import type { Application } from '../../src/application/use-cases.ts'

/** The route table over nothing: to look at, not to ask. */
export const ROUTES = routeTable(
  {} as Application,
  {} as Access,
  new CachedReads({} as RequestObserver, () => {}, {} as RequestIds, new CrossOrigin([])),
  {
    limits: undefined,
    probes: {} as SystemProbes,
    forPages: [],
    // Without it there is no sitemap.
    publicUrl: 'https://markets.example',
  },
)

/** What the service answers at `/openapi.json`. */
export const DOCUMENT = openApiDocument(ROUTES)
