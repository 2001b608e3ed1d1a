import { json } from '../kit/operation.ts'
import type { RateLimits } from '../kit/rate-limits.ts'
import type { Route } from '../kit/routes.ts'
import { ScraperAccess } from './scraper-access.ts'
import { sendJson } from '../kit/send-json.ts'
import { health, metricsText, type Readiness, readiness as readinessView } from './system-views.ts'

export interface SystemProbes {
  /** Whether this process should get traffic, and what it knows about the services it needs. */
  readonly readiness: () => Promise<{ readonly ready: boolean; readonly body: Readiness }>
  /** What a scraper sends that does not ask from this machine; absent: only this machine may ask. */
  readonly metricsToken?: string | undefined
  /** Everything counted, in a format of Prometheus's. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>
}

export const READY: Readiness = {
  database: 'reachable',
  database_cause: null,
  cache: { name: 'tiered', connected: true, breaker: 'closed' },
  lease: { held: true, age_ms: 112 },
  invalidations: { pending: 0 },
}
const UNREADY: Readiness = { ...READY, database: 'unreachable', database_cause: 'refused' }
const METRICS = 'marketflow_cache_reads_total{view="market-detail",result="hit"} 1287\n'

/** For orchestrators and scrapers. */
export function systemRoutes(
  { readiness, metrics, metricsToken }: SystemProbes,
  limits: RateLimits | undefined,
): Route[] {
  const scrapers = new ScraperAccess(metricsToken, limits)
  return [
    {
      method: 'GET',
      path: '/healthz',
      operation: {
        id: 'checkHealth',
        tag: 'Service',
        summary: 'Is it alive?',
        token: 'ignored',
        answers: [json(200, 'It is.', health, { status: 'ok' })],
      },
      handle: (_req, res) => sendJson(res, 200, { status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      operation: {
        id: 'checkReadiness',
        tag: 'Service',
        summary: 'Is it ready for traffic?',
        description: 'It is while the database answers. The cache’s state is told, and never decides.',
        token: 'ignored',
        answers: [
          json(200, 'Ready.', readinessView, READY),
          json(503, 'Not ready.', readinessView, UNREADY, ['Retry-After']),
        ],
      },
      async handle(_req, res) {
        const { ready, body } = await readiness()
        sendJson(res, ready ? 200 : 503, body, ready ? {} : { 'Retry-After': '1' })
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      operation: {
        id: 'getMetrics',
        tag: 'Service',
        summary: 'Get everything counted, for Prometheus',
        description: 'From another machine only with `METRICS_TOKEN`, as a bearer token.',
        token: 'ignored',
        answers: [
          {
            status: 200,
            description: 'The metrics.',
            headers: ['Cache-Control'],
            content: { mediaType: 'text/plain', schema: metricsText, example: METRICS },
          },
        ],
        errors: ['unauthenticated', 'rate-limited'],
      },
      async handle(req, res) {
        await scrapers.assert(req)
        const { contentType, text } = await metrics()
        res
          .writeHead(200, {
            'Content-Type': contentType,
            'Cache-Control': 'no-store',
          })
          .end(text)
      },
    },
  ]
}
