import { messageOf } from '../../domain/errors.ts'

/** What a log says of an error. */
export interface SerializedError {
  readonly type: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  readonly cause?: SerializedError
  /** Of an AggregateError: one for each address that was tried, say. */
  readonly errors?: readonly SerializedError[]
}

/**
 * The fields of an error that help, and no others: drivers hang all sorts of things on theirs. ioredis adds the command
 * that failed with its arguments (of AUTH: the password), and PostgreSQL the row that broke a rule (of an account: its
 * address and the hash of its password), also in the message.
 */
export function serializeError(error: unknown): SerializedError {
  if (!(error instanceof Error)) return { type: typeof error, message: messageOf(error) }
  const { code, detail } = error as { readonly code?: unknown; readonly detail?: unknown }
  const withhold = (text: string) =>
    typeof detail === 'string' && detail !== '' ? text.replaceAll(detail, '(withheld)') : text
  return {
    type: error.constructor.name,
    message: withhold(error.message),
    ...(error.stack !== undefined && { stack: withhold(error.stack) }),
    ...(code !== undefined && { code: String(code) }),
    ...(error.cause !== undefined && { cause: serializeError(error.cause) }),
    ...(error instanceof AggregateError && { errors: error.errors.map(serializeError) }),
  }
}
