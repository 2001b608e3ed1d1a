import type { IncomingMessage, ServerResponse } from 'node:http'
import { setFields } from './headers.ts'

/** What scripts of other origins may read of an answer beside its body. */
const EXPOSED = [
  'ETag',
  'Location',
  'Retry-After',
  'Cache-Status',
  'X-Request-Id',
  'Link',
  'Deprecation',
  'Sunset',
  'RateLimit',
  'RateLimit-Policy',
].join(', ')

/** What they may send. */
const ACCEPTED = [
  'Authorization',
  'Content-Type',
  'If-None-Match',
  'If-Match',
  'Idempotency-Key',
  'X-Request-Id',
].join(', ')

/** Seconds for which a browser may remember a preflight's answer. */
const PREFLIGHT_KEPT_S = 7200

const TO_ALL = ['Access-Control-Allow-Origin', '*', 'Access-Control-Expose-Headers', EXPOSED] as const
const NONE: readonly string[] = []

/**
 * Which other origins' pages may use the API (CORS). Tokens travel in a header field of their own and no cookie counts,
 * so that a page can do nothing with its reader's browser that it could not do without.
 */
export class CrossOrigin {
  readonly #origins: readonly string[]

  /** `*` among them: all. */
  constructor(origins: readonly string[]) {
    this.#origins = origins
  }

  /** Whether answers differ from one origin to the next. */
  get varies(): boolean {
    return this.#origins.length > 0 && !this.#origins.includes('*')
  }

  /** What an answer to this request says to browsers: names and values, in turn. */
  fields(req: IncomingMessage): readonly string[] {
    if (this.#origins.length === 0) return NONE
    if (!this.varies) return TO_ALL
    const { origin } = req.headers
    return origin !== undefined && this.#origins.includes(origin)
      ? ['Access-Control-Allow-Origin', origin, 'Access-Control-Expose-Headers', EXPOSED]
      : NONE
  }

  /** Says it on whatever answer this will be. */
  mark(req: IncomingMessage, res: ServerResponse): void {
    setFields(res, this.fields(req))
    if (this.varies) res.setHeader('Vary', 'Origin')
  }

  /** Answers what a browser asks before it sends more than a plain form could. `allow`: the path's methods. */
  answerPreflight(req: IncomingMessage, res: ServerResponse, allow: string): void {
    if (req.headers['access-control-request-method'] === undefined) return
    if (!res.hasHeader('Access-Control-Allow-Origin')) return
    res.setHeader('Access-Control-Allow-Methods', allow)
    res.setHeader('Access-Control-Allow-Headers', ACCEPTED)
    res.setHeader('Access-Control-Max-Age', PREFLIGHT_KEPT_S)
  }
}
