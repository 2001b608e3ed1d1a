import { z } from 'zod'
import { json } from '../kit/operation.ts'
import type { RateLimits } from '../kit/rate-limits.ts'
import { sendJson } from '../kit/respond.ts'
import type { Route } from '../kit/routes.ts'
import { ScraperAccess } from './scraper-access.ts'

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
  holders: [],
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
  const metricsNow = sharedByThoseWhoAskAtOnce(metrics)
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
          json(200, 'Ready.', readinessBody, READY),
          json(503, 'Not ready.', readinessBody, UNREADY, ['Retry-After']),
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
        const { contentType, text } = await metricsNow()
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

/** A rendering takes the process's time, and scrapers that come while one is made are given that one. */
function sharedByThoseWhoAskAtOnce<T>(render: () => Promise<T>): () => Promise<T> {
  let rendering: Promise<T> | undefined
  return () => {
    rendering ??= render().finally(() => {
      rendering = undefined
    })
    return rendering
  }
}

const health = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' })

const readinessBody = z
  .strictObject({
    database: z.enum(['reachable', 'unreachable']).describe('This alone decides.'),
    database_cause: z
      .string()
      .nullable()
      .describe('What keeps PostgreSQL from serving this instance, such as `refused` or `disk-full`.'),
    cache: z
      .strictObject({
        name: z
          .string()
          .describe('The adapter’s: `tiered`, `near`, `redis`, `redis-cluster`, `lru`, `null`, or your own.'),
        connected: z.boolean().describe('False also while it is there and does not do its work.'),
        breaker: z.enum(['closed', 'open', 'half-open', 'none']),
        problem: z
          .string()
          .exactOptional()
          .describe(
            'Why reads bypass it, in a word, such as `MISCONF` or `timeout`. The log and `/admin` say more.',
          ),
      })
      .describe('Without it all works, slower.'),
    lease: z
      .strictObject({ held: z.boolean(), age_ms: z.int().nullable() })
      .describe('Whether this instance may use the cache now, and since when, in milliseconds.'),
    holders: z
      .array(
        z.strictObject({
          id: z.string(),
          state: z
            .enum(['active', 'lost', 'retired'])
            .describe('`lost`: its connection has ended. `retired`: writes wait a lease out for it.'),
          acknowledged_ms: z.int().min(0).nullable().describe('Since its last acknowledgement.'),
        }),
      )
      .describe('Instances with a cache of their own, which every write waits for.'),
    invalidations: z
      .strictObject({ pending: z.int().min(0) })
      .describe('Rows of the log that the last drain could not apply.'),
  })
  .meta({ id: 'Readiness' })

export type Readiness = z.output<typeof readinessBody>

export const documentView = z.looseObject({ openapi: z.string() }).meta({ id: 'Document' })

const metricsText = z.string().describe('In the text format of Prometheus.').meta({ id: 'Metrics' })
