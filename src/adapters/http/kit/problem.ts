import { z } from 'zod'
import { Unavailable } from '../../../application/consistency/ports/unavailable.ts'
import { ERROR_TITLES, type ErrorCode, MarketflowError } from '../../../domain/errors.ts'

/** The status of every error in the catalogue; a new code without one does not compile. */
export const STATUS_OF: Record<ErrorCode, number> = {
  'validation-failed': 400,
  'malformed-json': 400,
  unauthenticated: 401,
  forbidden: 403,
  'route-not-found': 404,
  'market-not-found': 404,
  'vendor-not-found': 404,
  'organizer-not-found': 404,
  'application-not-found': 404,
  'method-not-allowed': 405,
  'market-full': 409,
  conflict: 409,
  'payload-too-large': 413,
  'uri-too-long': 414,
  'unsupported-media-type': 415,
  'rate-limited': 429,
  internal: 500,
  'database-unavailable': 503,
  'cache-unavailable': 503,
  overloaded: 503,
}

/** Seconds to wait where nothing better is known; 503 and 429 never leave the client guessing. */
const DEFAULT_RETRY_AFTER_S = 1

export function problemOf(error: MarketflowError, instance: string): Problem {
  const { code, message, errors } = error
  const title = ERROR_TITLES[code]
  return {
    type: `urn:marketflow:problem:${code}`,
    title,
    status: STATUS_OF[code],
    // The message of an `internal` was written for operators.
    detail: code === 'internal' ? title : message,
    code,
    instance,
    ...(errors.length > 0 && { errors }),
  }
}

/**
 * The header fields that belong to an error beside its body. `aboutToken`: the client presented a token, so that a
 * challenge says what is wrong with it, and clients know to sign in again (RFC 6750, 3.1).
 */
export function problemHeaders(
  { code, retryAfterS }: MarketflowError,
  aboutToken: boolean,
): Record<string, string> {
  const status = STATUS_OF[code]
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
  }
  if (status === 401) headers['WWW-Authenticate'] = aboutToken ? 'Bearer error="invalid_token"' : 'Bearer'
  if (status === 429 || status === 503) headers['Retry-After'] = String(retryAfterS ?? DEFAULT_RETRY_AFTER_S)
  return headers
}

/** What the core, Express and its body parser throw, in the catalogue's terms; anything unforeseen is `internal`. */
export function asMarketflowError(error: unknown): MarketflowError {
  if (error instanceof MarketflowError) return error
  if (error instanceof Unavailable) {
    const { code, message, retryAfterS } = error
    return new MarketflowError(code, message, { retryAfterS, cause: error })
  }
  if (error instanceof URIError) {
    return new MarketflowError('validation-failed', 'The URL is not valid percent-encoded UTF-8')
  }
  switch ((error as { type?: unknown } | undefined)?.type) {
    case 'entity.parse.failed':
      return new MarketflowError('malformed-json')
    case 'request.aborted':
    case 'request.size.invalid':
      return new MarketflowError('malformed-json', 'The body ended before its announced length')
    case 'entity.too.large':
      return new MarketflowError('payload-too-large')
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new MarketflowError('unsupported-media-type', 'The body must be plain application/json in UTF-8')
    default:
      return new MarketflowError('internal', undefined, { cause: error })
  }
}

const ERROR_CODES = Object.keys(ERROR_TITLES) as ErrorCode[]

/** RFC 9457, with `code` as the part that clients may rely on. */
export const problem = z
  .strictObject({
    type: z.string().describe('`urn:marketflow:problem:` and the code.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    code: z.enum(ERROR_CODES).describe('What went wrong. Stable: the part to act upon.'),
    instance: z.string().describe('A URN of this request, for the log.'),
    errors: z
      .array(
        z.strictObject({
          path: z.string().describe('Dotted: `stall_count`, `query.page`.'),
          message: z.string().describe('What was expected there.'),
        }),
      )
      .readonly()
      .exactOptional()
      .describe('Every wrong field, where the code is `validation-failed`.'),
  })
  .meta({ id: 'Problem' })

export type Problem = Readonly<z.output<typeof problem>>
