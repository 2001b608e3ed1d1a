const MESSAGES = {
  'database-unavailable': 'The database is out of reach',
  overloaded: 'The service is overloaded',
} as const

/** A read or a write that cannot be served now, and may be in a moment. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly code: keyof typeof MESSAGES
  /** How long the client should wait before it tries again, in seconds. */
  readonly retryAfterS = 1

  constructor(
    code: keyof typeof MESSAGES,
    details: { readonly message?: string; readonly cause?: unknown } = {},
  ) {
    const { message = MESSAGES[code], cause } = details
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

export function isDatabaseUnavailable(error: unknown): error is Unavailable {
  return error instanceof Unavailable && error.code === 'database-unavailable'
}
