import type { RequestListener } from 'node:http'
import type { Container } from 'inversify'
import type { Logger } from 'pino'
import { LIVE_PATH } from '../adapters/http/admin/admin-routes.ts'
import { createApp } from '../adapters/http/app.ts'
import type { RequestReport } from '../adapters/http/observe.ts'
import type { RateLimits } from '../adapters/http/rate-limits.ts'
import type { UseCases } from '../adapters/http/use-cases.ts'
import { ChangePassword } from '../application/accounts/change-password.ts'
import { GetAccount } from '../application/accounts/get-account.ts'
import { Identify } from '../application/accounts/identify.ts'
import { LogIn } from '../application/accounts/log-in.ts'
import { RegisterAccount } from '../application/accounts/register-account.ts'
import { SignOutEverywhere } from '../application/accounts/sign-out-everywhere.ts'
import { AcceptApplication } from '../application/applications/accept-application.ts'
import { ApplyToMarket } from '../application/applications/apply-to-market.ts'
import { ListApplications } from '../application/applications/list-applications.ts'
import { RejectApplication } from '../application/applications/reject-application.ts'
import { WaitlistApplication } from '../application/applications/waitlist-application.ts'
import { WithdrawApplication } from '../application/applications/withdraw-application.ts'
import { Clock } from '../application/consistency/ports/clock.ts'
import { Random } from '../application/consistency/ports/random.ts'
import { CreateMarket } from '../application/markets/create-market.ts'
import { GetMarket } from '../application/markets/get-market.ts'
import { GetMarketStats } from '../application/markets/get-market-stats.ts'
import { ListMarkets } from '../application/markets/list-markets.ts'
import { UpdateMarket } from '../application/markets/update-market.ts'
import { GetOrganizerDashboard } from '../application/organizers/get-organizer-dashboard.ts'
import { BrowseMarkets } from '../application/pages/browse-markets.ts'
import { ShowMarket } from '../application/pages/show-market.ts'
import { ShowSitemap } from '../application/pages/show-sitemap.ts'
import { TokenIssuer } from '../application/ports/token-issuer.ts'
import { GetVendor } from '../application/vendors/get-vendor.ts'
import { GetVendorDashboard } from '../application/vendors/get-vendor-dashboard.ts'
import { UpdateVendor } from '../application/vendors/update-vendor.ts'
import type { Config } from './config.ts'
import type { Core } from './core.ts'
import { Metrics } from './metrics.ts'
import { operatorsConsole } from './operators-console.ts'
import { readiness } from './readiness.ts'
import { RecentEvents } from './recent-events.ts'
import { requestLog } from './request-log.ts'
import { clusterMetrics, workerSlot } from './workers/worker.ts'

/** The HTTP adapter on a running core. `closing` ends what would go on for ever: the operator's live view. */
export async function httpApp(
  config: Config,
  core: Core,
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
  return createApp(await useCasesOf(container), await container.getAsync(TokenIssuer), {
    clock: await container.getAsync(Clock),
    random: await container.getAsync(Random),
    onRequest,
    onError: (error, requestId) => logger.error({ err: error, requestId }, 'unforeseen error'),
    limits,
    trustProxy: config.trustProxy,
    publicUrl: config.publicUrl,
    operators: await operatorsConsole(config, core, closing),
    readiness: await readiness(core),
    metrics: async () => ({ contentType: metrics.contentType, text: await metricsText() }),
  })
}

/** Prometheus asks one worker, whichever takes its connection, and means all of them. */
function shareMetrics(metrics: Metrics): () => Promise<string> {
  const worker = workerSlot(process.env)
  if (worker === undefined) return () => metrics.text()
  metrics.shareAs(worker)
  return clusterMetrics
}

async function useCasesOf(container: Container): Promise<UseCases> {
  return {
    registerAccount: await container.getAsync(RegisterAccount),
    logIn: await container.getAsync(LogIn),
    identify: await container.getAsync(Identify),
    getAccount: await container.getAsync(GetAccount),
    changePassword: await container.getAsync(ChangePassword),
    signOutEverywhere: await container.getAsync(SignOutEverywhere),
    listMarkets: await container.getAsync(ListMarkets),
    getMarket: await container.getAsync(GetMarket),
    getMarketStats: await container.getAsync(GetMarketStats),
    createMarket: await container.getAsync(CreateMarket),
    updateMarket: await container.getAsync(UpdateMarket),
    listApplications: await container.getAsync(ListApplications),
    applyToMarket: await container.getAsync(ApplyToMarket),
    acceptApplication: await container.getAsync(AcceptApplication),
    rejectApplication: await container.getAsync(RejectApplication),
    waitlistApplication: await container.getAsync(WaitlistApplication),
    withdrawApplication: await container.getAsync(WithdrawApplication),
    getVendor: await container.getAsync(GetVendor),
    getVendorDashboard: await container.getAsync(GetVendorDashboard),
    updateVendor: await container.getAsync(UpdateVendor),
    getOrganizerDashboard: await container.getAsync(GetOrganizerDashboard),
    browseMarkets: await container.getAsync(BrowseMarkets),
    showMarket: await container.getAsync(ShowMarket),
    showSitemap: await container.getAsync(ShowSitemap),
  }
}
