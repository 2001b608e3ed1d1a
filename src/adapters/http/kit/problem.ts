import { z } from 'zod'
import { CacheUnusable } from '../../../application/consistency/ports/cache-port.ts'
import { Unavailable } from '../../../application/consistency/ports/unavailable.ts'
import { ERROR_TITLES, type ErrorDetails, type FieldError, MarketflowError } from '../../../domain/errors.ts'

/** What HTTP refuses beside the domain, and how it tells of what is out of reach. */
const HTTP_TITLES = {
  'malformed-json': 'The body is not valid JSON',
  'unsupported-media-type': 'The body must be application/json',
  'payload-too-large': 'The body is too large',
  'uri-too-long': 'The URL is too long',
  'route-not-found': 'There is no such resource',
  'method-not-allowed': 'The resource does not support this method',
  'rate-limited': 'Too many requests',
  'database-unavailable': 'The database is out of reach',
  'cache-unavailable': 'The cache is out of reach',
  overloaded: 'The service is overloaded',
  internal: 'Something went wrong on our side',
} as const

/** Every error that Marketflow answers with: the stable `code` and its human title. */
export const PROBLEM_TITLES = { ...ERROR_TITLES, ...HTTP_TITLES } as const

export type ProblemCode = keyof typeof PROBLEM_TITLES

/** An error as HTTP answers it. `message` is shown to clients: it never holds SQL, paths or host names. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly code: ProblemCode
  readonly errors: readonly FieldError[]
  /** How long the client should wait before it tries again, in seconds. */
  readonly retryAfterS: number | undefined
  /** Beside those that belong to its status. */
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: ProblemCode,
    detail: string = PROBLEM_TITLES[code],
    details: ErrorDetails & {
      readonly retryAfterS?: number
      readonly headers?: Readonly<Record<string, string>>
    } = {},
  ) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.errors = details.errors ?? []
    this.retryAfterS = details.retryAfterS
    this.headers = details.headers ?? {}
  }
}

/** The status of every problem; a new code without one does not compile. */
export const STATUS_OF: Record<ProblemCode, number> = {
  'validation-failed': 400,
  'malformed-json': 400,
  unauthenticated: 401,
  forbidden: 403,
  'route-not-found': 404,
  'market-not-found': 404,
  'vendor-not-found': 404,
  'organizer-not-found': 404,
  'account-not-found': 404,
  'application-not-found': 404,
  'day-not-found': 404,
  'method-not-allowed': 405,
  'market-full': 409,
  'email-taken': 409,
  'slug-taken': 409,
  'already-applied': 409,
  'market-not-active': 409,
  'market-unclaimed': 409,
  'market-claimed': 409,
  'time-zone-missing': 409,
  'not-a-draft': 409,
  'wrong-status': 409,
  'stalls-taken': 409,
  'password-changed': 409,
  'market-active': 409,
  'no-mail': 409,
  'reset-link-void': 410,
  'precondition-failed': 412,
  'payload-too-large': 413,
  'uri-too-long': 414,
  'unsupported-media-type': 415,
  'idempotency-key-reused': 422,
  'rate-limited': 429,
  internal: 500,
  'database-unavailable': 503,
  'cache-unavailable': 503,
  overloaded: 503,
}

/** Seconds to wait where nothing better is known; 503 and 429 never leave the client guessing. */
const DEFAULT_RETRY_AFTER_S = 1

export function problemOf(error: HttpError, instance: string): Problem {
  const { code, message, errors } = error
  const title = PROBLEM_TITLES[code]
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
  { code, retryAfterS, headers: more }: HttpError,
  aboutToken: boolean,
): Record<string, string> {
  const status = STATUS_OF[code]
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    ...more,
  }
  if (status === 401) headers['WWW-Authenticate'] = aboutToken ? 'Bearer error="invalid_token"' : 'Bearer'
  if (status === 429 || status === 503) headers['Retry-After'] = String(retryAfterS ?? DEFAULT_RETRY_AFTER_S)
  return headers
}

/** What the core, Express and its body parser throw, in HTTP's terms; anything unforeseen is `internal`. */
export function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof MarketflowError) {
    const { code, message, errors, cause } = error
    return new HttpError(code, message, { errors, cause })
  }
  if (error instanceof CacheUnusable) {
    return new HttpError('cache-unavailable', `The cache did not answer: ${error.reason}`, { cause: error })
  }
  if (error instanceof Unavailable) {
    const { code, message, retryAfterS } = error
    return new HttpError(code, message, { retryAfterS, cause: error })
  }
  if (error instanceof URIError) {
    return new HttpError('validation-failed', 'The URL is not valid percent-encoded UTF-8')
  }
  switch ((error as { type?: unknown } | undefined)?.type) {
    case 'entity.parse.failed':
      return new HttpError('malformed-json')
    case 'request.aborted':
    case 'request.size.invalid':
      return new HttpError('malformed-json', 'The body ended before its announced length')
    case 'entity.too.large':
      return new HttpError('payload-too-large')
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new HttpError('unsupported-media-type', 'The body must be plain application/json in UTF-8')
    default:
      return new HttpError('internal', undefined, { cause: error })
  }
}

const PROBLEM_CODES = Object.keys(PROBLEM_TITLES) as ProblemCode[]

/** RFC 9457, with `code` as the part that clients may rely on. */
export const problem = z
  .strictObject({
    type: z.string().describe('`urn:marketflow:problem:` and the code.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    code: z.enum(PROBLEM_CODES).describe('What went wrong. Stable: the part to act upon.'),
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
      .describe('Every field that is to blame; always there where the code is `validation-failed`.'),
  })
  .meta({ id: 'Problem' })

export type Problem = Readonly<z.output<typeof problem>>
