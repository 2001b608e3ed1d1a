import type { RequestHandler } from 'express'
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
  readonly requestId: string
  readonly cacheStatus: string | undefined
  /** Where the request is traced. */
  readonly traceId: string | undefined
}

const CLIENT_CLOSED_REQUEST = 499

/** Reports every request once its answer is out, or its client gone. */
export function observe(
  clock: Clock,
  ids: RequestIds,
  report: (request: RequestReport) => void,
): RequestHandler {
  return (req, res, next) => {
    const start = clock.monotonic()
    res.on('close', () => {
      report({
        method: req.method,
        route: req.route?.path ?? 'unmatched',
        status: res.writableFinished ? res.statusCode : CLIENT_CLOSED_REQUEST,
        ms: clock.monotonic() - start,
        requestId: ids.of(req),
        cacheStatus: res.locals.cacheStatus,
        traceId: res.locals.traceId,
      })
    })
    next()
  }
}
