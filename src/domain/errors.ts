/** What Marketflow refuses, in one place: the stable `code` and its human title. HTTP adds what only it can refuse. */
export const ERROR_TITLES = {
  'validation-failed': 'The request is not valid',
  unauthenticated: 'A valid token is required',
  forbidden: 'This account may not do that',
  'market-not-found': 'There is no such market',
  'vendor-not-found': 'There is no such vendor',
  'organizer-not-found': 'There is no such organizer',
  'account-not-found': 'There is no such account',
  'application-not-found': 'There is no such application',
  'day-not-found': 'The market does not open on that date',
  'market-full': 'The market has no stall left',
  'precondition-failed': 'It has changed since the client saw it',
  'idempotency-key-reused': 'Something else was asked under this Idempotency-Key',
  'email-taken': 'An account with this e-mail address exists already',
  'slug-taken': 'A market with this slug exists already',
  'already-applied': 'The vendor has a live application at this market already',
  'market-not-active': 'The market takes no applications',
  'market-unclaimed': 'The market has no organizer here, who could answer an application',
  'market-claimed': 'The market has an organizer already',
  'time-zone-missing': 'A market with seasons has a time zone',
  'not-a-draft': 'Only a draft can be deleted',
  'wrong-status': 'The current status does not allow that',
  'stalls-taken': 'More vendors are accepted than there would be stalls',
  'market-active': 'An active market needs its organizer',
  'reset-link-void': 'The link has been used, has expired, or is none of ours',
  'no-mail': 'This service sends no mail',
  'password-changed': 'The password has just been changed by another request',
} as const

export type ErrorCode = keyof typeof ERROR_TITLES

/** One invalid part of an input: `path` is dotted (`stall_count`, `query.page`), `message` says what was expected. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

export interface ErrorDetails {
  readonly errors?: readonly FieldError[]
  readonly cause?: unknown
}

/** An error with a place in the catalogue. `message` is shown to clients: it never holds SQL, paths or host names. */
export class MarketflowError extends Error {
  override readonly name = 'MarketflowError'
  readonly code: ErrorCode
  readonly errors: readonly FieldError[]

  constructor(code: ErrorCode, detail: string = ERROR_TITLES[code], details: ErrorDetails = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.errors = details.errors ?? []
  }
}

/** What was thrown, in words: libraries throw things that are no Error, and as text those are `[object Object]`. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown)
  const { name, message, code, errno } = thrown as Readonly<Record<string, unknown>>
  if (typeof message === 'string' && message !== '') return message
  const told = Object.entries({ name, code, errno }).filter(([, value]) => isPlain(value))
  const facts = told.map(([field, value]) => `${field} ${value}`)
  return facts.length > 0 ? facts.join(', ') : `an object with the fields ${Object.keys(thrown).join(', ')}`
}

function isPlain(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value !== '')
}
