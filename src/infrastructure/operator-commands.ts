import { explainPath } from '../adapters/http/kit/explain-path.ts'
import { readRoutes } from '../adapters/http/route-table.ts'
import { ExplainView, type Explanation } from '../application/consistency/explanation.ts'
import { Clock } from '../application/consistency/ports/clock.ts'
import { AssignMarket } from '../application/markets/assign-market.ts'
import { PageRenderer } from '../application/ports/page-renderer.ts'
import { assertKnownTags } from '../application/tables/known-tags.ts'
import { Reads, Writes } from '../application/tables/reads-and-writes.ts'
import type { MarketDetail } from '../application/views/views.ts'
import type { Config } from './config/config.ts'
import type { Core } from './core.ts'
import { serviceOf } from './modules/use-cases.ts'

/** What operators may ask and do, whichever door they come through. */
export interface OperatorCommands {
  /** @throws HttpError `validation-failed` for a path that is not cached; CacheUnusable */
  readonly explain: (path: string) => Promise<Explanation>
  /** @throws MarketflowError `validation-failed` for a tag that no entry can have */
  readonly invalidate: (tags: readonly string[]) => Promise<void>
  /** @throws MarketflowError `market-not-found`, `organizer-not-found`, `market-claimed` */
  readonly assign: (slug: string, email: string) => Promise<MarketDetail>
}

export async function operatorCommands(
  { publicUrl }: Config,
  { container }: Core,
): Promise<OperatorCommands> {
  const explain = await container.getAsync(ExplainView)
  const renderer = await container.getAsync(PageRenderer)
  const needs = { reads: await container.getAsync(Reads), clock: await container.getAsync(Clock) }
  const writes = await container.getAsync(Writes)
  const assign = await container.getAsync(serviceOf(AssignMarket))
  const routes = readRoutes({ forPages: [], publicUrl })
  return {
    explain: (path) => explainPath(explain, renderer, routes, needs, path),
    assign,
    invalidate: async (tags) => {
      assertKnownTags(tags)
      await writes.invalidate(tags)
    },
  }
}
