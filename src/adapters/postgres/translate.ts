import { Unavailable } from '../../application/consistency/ports/unavailable.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { brokeUniqueRule, orUnavailable, sqlState } from './sql-errors.ts'

/** What breaking each unique rule means to the client. */
const CONFLICTS: Readonly<Record<string, string>> = {
  accounts_email_unique: 'An account with this e-mail address exists already',
  markets_slug_unique: 'A market with this slug exists already',
  markets_directory_id_unique: 'A market with this directory id exists already',
  vendor_applications_live_unique: 'The vendor has a live application at this market already',
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
  if (brokeUniqueRule(error)) return conflict(error)
  const state = sqlState(error)
  return state !== undefined && UNSTORABLE.test(state) ? unstorable(error) : orUnavailable(error)
}

function unstorable(cause?: unknown): MarketflowError {
  return new MarketflowError('validation-failed', 'The text holds a character that cannot be stored', {
    cause,
  })
}

function conflict(error: Error): MarketflowError {
  const constraint = 'constraint' in error ? String(error.constraint) : ''
  return new MarketflowError('conflict', CONFLICTS[constraint], { cause: error })
}
