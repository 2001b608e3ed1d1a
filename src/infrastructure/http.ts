import type { RequestListener } from 'node:http'
import type { Logger } from 'pino'
import { LIVE_PATH } from '../adapters/http/admin/admin-routes.ts'
import { createApp } from '../adapters/http/app.ts'
import type { RequestReport } from '../adapters/http/kit/observe.ts'
import type { RateLimits } from '../adapters/http/kit/rate-limits.ts'
import { Clock } from '../application/consistency/ports/clock.ts'
import { Random } from '../application/consistency/ports/random.ts'
import { TokenIssuer } from '../application/ports/token-issuer.ts'
import type { Config } from './config/config.ts'
import type { Core } from './core.ts'
import { applicationOf } from './modules/use-cases.ts'
import { requestLog } from './observability/logger.ts'
import { Metrics } from './observability/metrics.ts'
import { RecentEvents } from './observability/recent-events.ts'
import type { OperatorCommands } from './operator-commands.ts'
import { operatorsConsole } from './operators-console.ts'
import { readiness } from './readiness.ts'
import { clusterMetrics, onCountsQuestion, workerSlot } from './workers/worker.ts'

/** The HTTP adapter on a running core. `closing` ends what would go on for ever: the operator's live view. */
export async function httpApp(
  config: Config,
  core: Core,
  commands: OperatorCommands,
  limits: RateLimits | undefined,
  logger: Logger,
  closing: AbortSignal,
): Promise<RequestListener> {
  const { container } = core
  const metrics = await container.getAsync(Metrics)
  const metricsText = shareMetrics(metrics)
  const recent = await container.getAsync(RecentEvents)
  const log = requestLog(logger)
  const onRequest = (report: RequestReport) => {
    const { method, route, status, ms } = report
    // A stream takes as long as an operator watches; that is no latency.
    if (route !== LIVE_PATH) {
      metrics.requested(method, route, status, ms)
      recent.requested(method, route, status, ms)
    }
    log(report)
  }
  return createApp(await applicationOf(container), await container.getAsync(TokenIssuer), {
    clock: await container.getAsync(Clock),
    random: await container.getAsync(Random),
    onRequest,
    onError: (error, requestId) => logger.error({ err: error, requestId }, 'unforeseen error'),
    limits,
    trustProxy: config.trustProxy,
    publicUrl: config.publicUrl,
    corsOrigins: config.corsOrigins,
    operators: await operatorsConsole(config, core, commands, closing),
    readiness: await readiness(core),
    metricsToken: config.metricsToken,
    metrics: async () => ({ contentType: metrics.contentType, text: await metricsText() }),
  })
}

/** Prometheus asks one worker, whichever takes its connection, and means all of them. */
function shareMetrics(metrics: Metrics): () => Promise<string> {
  const worker = workerSlot(process.env)
  if (worker === undefined) return () => metrics.text()
  metrics.markAs(worker)
  onCountsQuestion(() => metrics.counts())
  return clusterMetrics
}
