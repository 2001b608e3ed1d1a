import type { Route } from './routes.ts'
import { sendJson } from './send-json.ts'

export interface SystemProbes {
  /** Whether this process should get traffic, and what it knows about the services it needs. */
  readonly readiness: () => Promise<{ readonly ready: boolean; readonly body: object }>
  /** Everything counted, in a format of Prometheus's. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>
}

/** For orchestrators and scrapers. */
export function systemRoutes({ readiness, metrics }: SystemProbes): Route[] {
  return [
    { method: 'GET', path: '/healthz', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
    {
      method: 'GET',
      path: '/readyz',
      async handle(_req, res) {
        const { ready, body } = await readiness()
        sendJson(res, ready ? 200 : 503, body, ready ? {} : { 'Retry-After': '1' })
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      async handle(_req, res) {
        const { contentType, text } = await metrics()
        res.writeHead(200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(text)
      },
    },
  ]
}
