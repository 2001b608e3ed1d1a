import { Unavailable } from '../../application/consistency/ports/unavailable.ts'
import { type ErrorCode, MarketflowError } from '../../domain/errors.ts'
import { brokeForeignKey, brokeUniqueRule, orUnavailable, sqlState } from './sql-errors.ts'

/** What breaking each rule of uniqueness, or a foreign key, means to the client. */
const BROKEN_RULES: Readonly<Record<string, ErrorCode>> = {
  accounts_email_unique: 'email-taken',
  markets_slug_unique: 'slug-taken',
  vendor_applications_live_unique: 'already-applied',
  // Who writes has just been deleted.
  markets_organizer_id_fkey: 'unauthenticated',
  vendor_applications_vendor_id_fkey: 'unauthenticated',
}

/** Text that PostgreSQL cannot store: character_not_in_repertoire, untranslatable_character. */
const UNSTORABLE = /^(22021|22P05)$/

/**
 * MikroORM writes values into the SQL text, and PostgreSQL's protocol ends that text at the first NUL: what follows
 * would be cut off, quote and condition included.
 * @throws MarketflowError `validation-failed`
 */
export function refuseNul(sql: string): void {
  if (sql.includes('\0')) throw unstorable()
}

/** What a database driver threw, as the application knows it; anything else comes back as it is. */
export function translate(error: unknown): unknown {
  if (error instanceof MarketflowError || error instanceof Unavailable || !(error instanceof Error))
    return error
  if (brokeUniqueRule(error) || brokeForeignKey(error)) return brokenRule(error)
  const state = sqlState(error)
  return state !== undefined && UNSTORABLE.test(state) ? unstorable(error) : orUnavailable(error)
}

function unstorable(cause?: unknown): MarketflowError {
  return new MarketflowError('validation-failed', 'The text holds a character that cannot be stored', {
    cause,
  })
}

/** Any other rule is one that no request can break. */
function brokenRule(error: Error): Error {
  const code = 'constraint' in error ? BROKEN_RULES[String(error.constraint)] : undefined
  return code === undefined ? error : new MarketflowError(code, undefined, { cause: error })
}
