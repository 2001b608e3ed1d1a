import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Clock } from '../../../application/consistency/ports/clock.ts'
import { type Deed, deedOf } from './deeds.ts'
import type { RequestIds } from './request-id.ts'

/** What an access log and metrics want to know of a request. */
export interface RequestReport {
  readonly method: string
  /** The route's pattern (`/markets/:id`), of which there are few; `unmatched` for any other URL. */
  readonly route: string
  /** 499 when the client went away before the answer was complete, as nginx writes it. */
  readonly status: number
  readonly ms: number
  /** Made when it is looked at, unless it was needed before. */
  readonly requestId: string
  readonly cacheStatus: string | undefined
  /** Of a request that may change something: who asked for what. */
  readonly deed?: Deed | undefined
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

/** Tells of every request, once. */
export class RequestObserver {
  readonly #clock: Clock
  readonly #ids: RequestIds
  readonly #report: (request: RequestReport) => void

  constructor(clock: Clock, ids: RequestIds, report: (request: RequestReport) => void) {
    this.#clock = clock
    this.#ids = ids
    this.#report = report
  }

  /** Monotonic, in ms. */
  now(): number {
    return this.#clock.monotonic()
  }

  /** Reports whatever `next` answers, once its answer is out, or its client gone. */
  around(next: RequestListener): RequestListener {
    return (req, res) => {
      const start = this.now()
      res.on('close', () => this.#tell(req, res, res.writableFinished, start))
      next(req, res)
    }
  }

  /** Reports what was answered in one piece, with the time until that was handed over: a listener would cost more. */
  answered(req: IncomingMessage, res: ServerResponse, start: number): void {
    this.#tell(req, res, !res.destroyed, start)
  }

  #tell(req: IncomingMessage, res: ServerResponse & Noted, whole: boolean, start: number): void {
    this.#report(new Report(this.#ids, req, res, whole, this.now() - start))
  }
}

class Report implements RequestReport {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly ms: number
  readonly cacheStatus: string | undefined
  readonly traceId: string | undefined
  readonly #ids: RequestIds
  readonly #req: IncomingMessage

  constructor(
    ids: RequestIds,
    req: IncomingMessage,
    res: ServerResponse & Noted,
    whole: boolean,
    ms: number,
  ) {
    this.method = req.method!
    this.route = res[ROUTE] ?? 'unmatched'
    this.status = whole ? res.statusCode : CLIENT_CLOSED_REQUEST
    this.ms = ms
    this.cacheStatus = res[CACHE_STATUS]
    this.traceId = res[TRACE_ID]
    this.#ids = ids
    this.#req = req
  }

  get requestId(): string {
    return this.#ids.of(this.#req)
  }

  get deed(): Deed | undefined {
    return deedOf(this.#req)
  }
}
