import { hostname } from 'node:os'
import type { OperatorsConsole } from '../adapters/http/admin/admin-routes.ts'
import { explainPath } from '../adapters/http/locate-view.ts'
import { ExplainView } from '../application/consistency/explanation.ts'
import { CacheUnusable } from '../application/consistency/ports/cache-port.ts'
import { renderedViews } from '../application/pages/rendered-views.ts'
import { PageRenderer } from '../application/ports/page-renderer.ts'
import { Statistics } from '../application/ports/statistics.ts'
import { assertKnownTags } from '../application/tables/known-tags.ts'
import { Writes } from '../application/tables/reads-and-writes.ts'
import { MarketflowError } from '../domain/errors.ts'
import type { Config } from './config.ts'
import type { Core } from './core.ts'
import { workerSlot } from './workers/worker.ts'

/** What `/admin` shows of this process, and does through it; undefined without an `ADMIN_TOKEN`. */
export async function operatorsConsole(
  { adminToken }: Config,
  { container }: Core,
  closing: AbortSignal,
): Promise<OperatorsConsole | undefined> {
  if (adminToken === undefined) return undefined
  const explain = await container.getAsync(ExplainView)
  const pages = renderedViews(await container.getAsync(PageRenderer))
  const unitOfWork = await container.getAsync(Writes)
  const worker = workerSlot(process.env)
  return {
    token: adminToken,
    instance: `${hostname()}, process ${process.pid}${worker === undefined ? '' : `, worker ${worker}`}`,
    statistics: await container.getAsync(Statistics),
    explain: async (path) => {
      try {
        return await explainPath(explain, pages, path)
      } catch (error) {
        if (!(error instanceof CacheUnusable)) throw error
        throw new MarketflowError('cache-unavailable', `The cache did not answer: ${error.reason}`, {
          cause: error,
        })
      }
    },
    invalidate: async (tags) => {
      assertKnownTags(tags)
      await unitOfWork.invalidate(tags)
    },
    closing,
  }
}
