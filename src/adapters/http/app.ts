import type { RequestListener } from 'node:http'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import type { Clock } from '../../application/consistency/ports/clock.ts'
import type { Random } from '../../application/consistency/ports/random.ts'
import type { TokenIssuer } from '../../application/ports/token-issuer.ts'
import type { Application } from '../../application/use-cases.ts'
import { adminRoutes, type OperatorsConsole } from './admin/admin-routes.ts'
import { CachedReads } from './cached-reads.ts'
import { errorHandler, type Fail } from './error-handler.ts'
import { Access } from './kit/access.ts'
import { CrossOrigin } from './kit/cross-origin.ts'
import { RequestObserver, type RequestReport } from './kit/observe.ts'
import { HttpError } from './kit/problem.ts'
import type { RateLimits } from './kit/rate-limits.ts'
import { RequestIds } from './kit/request-id.ts'
import { mount } from './kit/routes.ts'
import { pageHeaders } from './kit/security-headers.ts'
import { routeTable } from './route-table.ts'
import type { SystemProbes } from './system/system-routes.ts'

export interface AppOptions extends SystemProbes {
  readonly clock: Clock
  readonly random: Random
  /** Called after every answer. */
  readonly onRequest?: (report: RequestReport) => void
  /** Called with what is unforeseen, answered as 500. */
  readonly onError: (error: unknown, requestId: string) => void
  /** Absent: there is no `/admin`. */
  readonly operators?: OperatorsConsole | undefined
  /** Limits on logins, registrations and writes; absent: none. */
  readonly limits?: RateLimits | undefined
  /** How many proxies stand in front: so many entries of `X-Forwarded-For`, from its end, are theirs. Default: none. */
  readonly trustProxy?: number
  /** Where the service is found from outside, as an origin; undefined where it is unknown. */
  readonly publicUrl: string | undefined
  /** Other origins whose pages may use the API; `*`: all. Default: none. */
  readonly corsOrigins?: readonly string[]
}

/** Marketflow over HTTP. */
export function createApp(
  application: Application,
  tokens: TokenIssuer,
  options: AppOptions,
): RequestListener {
  const {
    clock,
    random,
    onRequest = () => {},
    onError,
    operators,
    limits,
    publicUrl,
    trustProxy = 0,
    corsOrigins = [],
  } = options
  const ids = new RequestIds(random)
  const forPages = pageHeaders(publicUrl)
  const access = new Access(tokens, application.identify, limits)
  const fail = errorHandler(ids, onError, forPages)
  const observer = new RequestObserver(clock, ids, onRequest)
  const crossOrigin = new CrossOrigin(corsOrigins)
  const reads = new CachedReads(observer, fail, ids, crossOrigin)

  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)
  app.set('case sensitive routing', true)
  app.set('trust proxy', trustProxy)

  const routes = [
    ...routeTable(application, access, reads, { limits, probes: options, forPages, publicUrl }),
    ...(operators === undefined ? [] : adminRoutes(operators, clock, limits)),
  ]
  mount(app, routes, crossOrigin)
  app.use(refuseRoute)
  // Express tells error handlers by their four parameters.
  const handleError: ErrorRequestHandler = (thrown, req, res, _next) => fail(thrown, req, res)
  app.use(handleError)
  return reads.before(observer.around(named(ids, bounded(app, fail))))
}

/** Whatever the answer will be, it has the request's id. */
function named(ids: RequestIds, next: RequestListener): RequestListener {
  return (req, res) => {
    res.setHeader('X-Request-Id', ids.of(req))
    next(req, res)
  }
}

/** Refuses what is too long to be looked at, and brings any target into the form of a path. */
function bounded(next: RequestListener, fail: Fail): RequestListener {
  return (req, res) => {
    const { url = '' } = req
    if (url.length > LONGEST_URL) {
      fail(new HttpError('uri-too-long'), req, res)
      return
    }
    if (url.charCodeAt(0) !== SLASH) req.url = originForm(url)
    next(req, res)
  }
}

const SLASH = 0x2f
/** In characters; no route takes half as many. */
const LONGEST_URL = 4096

/**
 * The path of a request target that is no path (RFC 9112, 3.2): of an absolute URL its own, of anything else one that
 * no route has. Express would answer what it cannot parse by itself, in HTML.
 */
function originForm(target: string): string {
  const url = URL.parse(target)
  return url === null ? `/${encodeURIComponent(target)}` : `${url.pathname}${url.search}`
}

const refuseRoute: RequestHandler = () => {
  throw new HttpError('route-not-found')
}
