import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Clock } from '../../application/ports/clock.ts'
import type { RequestIds } from './request-id.ts'

/** What an access log and metrics want to know of a request. */
export interface RequestReport {
  readonly method: string
  /** The route's pattern (`/markets/:id`), of which there are few; `unmatched` for any other URL. */
  readonly route: string
  /** 499 when the client went away before the answer was complete, as nginx writes it. */
  readonly status: number
  readonly ms: number
  /** Made when it is looked at, unless somebody needed it before. */
  readonly requestId: string
  readonly cacheStatus: string | undefined
  /** Where the request is traced. */
  readonly traceId: string | undefined
}

const CLIENT_CLOSED_REQUEST = 499

const ROUTE = Symbol('route')
const CACHE_STATUS = Symbol('cache status')
const TRACE_ID = Symbol('trace id')

/** What is found out while a request is answered, noted on its response. */
interface Noted {
  [ROUTE]?: string
  [CACHE_STATUS]?: string
  [TRACE_ID]?: string
}

export function noteRoute(res: ServerResponse & Noted, pattern: string): void {
  res[ROUTE] = pattern
}

export function noteCacheStatus(res: ServerResponse & Noted, cacheStatus: string): void {
  res[CACHE_STATUS] = cacheStatus
}

export function noteTraceId(res: ServerResponse & Noted, traceId: string): void {
  res[TRACE_ID] = traceId
}

/** What was noted so far. */
export function notes(res: ServerResponse & Noted): {
  readonly route?: string
  readonly cacheStatus?: string
} {
  const { [ROUTE]: route, [CACHE_STATUS]: cacheStatus } = res
  return { ...(route !== undefined && { route }), ...(cacheStatus !== undefined && { cacheStatus }) }
}

/** Reports every request once its answer is out, or its client gone. */
export function observe(
  clock: Clock,
  ids: RequestIds,
  report: (request: RequestReport) => void,
  next: RequestListener,
): RequestListener {
  return (req, res: ServerResponse<IncomingMessage> & Noted) => {
    const start = clock.monotonic()
    res.on('close', () => {
      report({
        method: req.method!,
        route: res[ROUTE] ?? 'unmatched',
        status: res.writableFinished ? res.statusCode : CLIENT_CLOSED_REQUEST,
        ms: clock.monotonic() - start,
        get requestId() {
          return ids.of(req)
        },
        cacheStatus: res[CACHE_STATUS],
        traceId: res[TRACE_ID],
      })
    })
    next(req, res)
  }
}
