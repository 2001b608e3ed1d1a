/**
 * Every error that Marketflow answers with, in one place: the stable `code` and its human title.
 * The HTTP adapter maps each code to a status by an exhaustive record, so a new code without one does not compile.
 */
export const ERROR_TITLES = {
  'validation-failed': 'The request is not valid',
  'malformed-json': 'The body is not valid JSON',
  'unsupported-media-type': 'The body must be application/json',
  'payload-too-large': 'The body is too large',
  'uri-too-long': 'The URL is too long',
  'route-not-found': 'There is no such resource',
  'method-not-allowed': 'The resource does not support this method',
  unauthenticated: 'A valid token is required',
  forbidden: 'This account may not do that',
  'market-not-found': 'There is no such market',
  'vendor-not-found': 'There is no such vendor',
  'organizer-not-found': 'There is no such organizer',
  'application-not-found': 'There is no such application',
  'market-full': 'The market has no stall left',
  conflict: 'The request conflicts with the current state',
  'rate-limited': 'Too many requests',
  'database-unavailable': 'The database is out of reach',
  'cache-unavailable': 'The cache is out of reach',
  overloaded: 'The service is overloaded',
  internal: 'Something went wrong on our side',
} as const

export type ErrorCode = keyof typeof ERROR_TITLES

/** One invalid part of an input: `path` is dotted (`stall_count`, `query.page`), `message` says what was expected. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

export interface ErrorDetails {
  readonly errors?: readonly FieldError[]
  /** How long the client should wait before it tries again, in seconds. */
  readonly retryAfterS?: number
  readonly cause?: unknown
}

/** An error with a place in the catalogue. `message` is shown to clients: it never holds SQL, paths or host names. */
export class MarketflowError extends Error {
  override readonly name = 'MarketflowError'
  readonly code: ErrorCode
  readonly errors: readonly FieldError[]
  readonly retryAfterS: number | undefined

  constructor(code: ErrorCode, detail: string = ERROR_TITLES[code], details: ErrorDetails = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.errors = details.errors ?? []
    this.retryAfterS = details.retryAfterS
  }
}
