import { CommitUnknown } from '../../application/consistency/ports/database.ts'
import { Unavailable } from '../../application/consistency/ports/unavailable.ts'
import { ConnectionLost } from './connections.ts'
import { SettingsConflict } from './settings-lock.ts'
import { SessionNotOwn } from './shared-sessions.ts'
import { sqlState } from './sql-errors.ts'

/**
 * Why PostgreSQL does not do what it is asked. `setting`: wrong settings, which neither waiting nor a restart mends.
 * `answered`: the server was reached, and refused.
 */
export const CAUSES = {
  'wrong-password': { setting: true, says: 'PostgreSQL refuses the password in DATABASE_URL' },
  'not-admitted': {
    setting: true,
    says: 'PostgreSQL does not admit the user in DATABASE_URL: there is no such role, it may not log in, or pg_hba.conf has no entry for it from here',
  },
  'no-database': { setting: true, says: 'The database that DATABASE_URL names does not exist' },
  'no-privilege': {
    setting: true,
    says: 'The user in DATABASE_URL lacks a privilege that it needs: it has to own the tables, or be allowed to create them',
  },
  'not-ours': {
    setting: true,
    says: 'The database that DATABASE_URL names has tables of our names that another user owns, or another program: give the user who made them, or an empty database',
  },
  'unknown-host': { setting: true, says: 'There is no host of the name in DATABASE_URL' },
  tls: {
    setting: true,
    says: 'TLS with PostgreSQL could not be agreed on: see sslmode and sslrootcert in DATABASE_URL',
  },
  protocol: { setting: true, says: 'What answers at DATABASE_URL refuses how it is spoken to' },
  'other-settings': { setting: true, says: 'Another instance uses this database under other settings' },
  'shared-sessions': { setting: true, says: 'DATABASE_URL leads to a pooler that shares sessions' },
  refused: { setting: false, says: 'Nothing takes connections at the address in DATABASE_URL' },
  unreachable: { setting: false, says: 'The network does not lead to the host in DATABASE_URL' },
  'no-answer': { setting: false, says: 'PostgreSQL does not answer in time' },
  'connection-lost': { setting: false, says: 'The connection to PostgreSQL broke' },
  'not-accepting': { setting: false, says: 'PostgreSQL starts, stops, or takes no connections now' },
  'too-many-connections': { setting: false, answered: true, says: 'PostgreSQL has no connection left' },
  'disk-full': { setting: false, answered: true, says: 'PostgreSQL’s disk is full' },
  'out-of-resources': { setting: false, answered: true, says: 'PostgreSQL lacks memory or another resource' },
  standby: { setting: false, answered: true, says: 'DATABASE_URL leads to a standby, not to the primary' },
  replaced: { setting: false, answered: true, says: 'DATABASE_URL leads to another database than before' },
  'too-slow': { setting: false, answered: true, says: 'PostgreSQL gave a statement up that took too long' },
  'system-error': { setting: false, answered: true, says: 'PostgreSQL reports an error of its system' },
  other: { setting: false, answered: true, says: 'PostgreSQL answers with an error' },
} as const satisfies Record<string, { setting: boolean; answered?: boolean; says: string }>

export type FailureCause = keyof typeof CAUSES

/** What kind of failure that is. */
export function aboutCause(cause: FailureCause): {
  readonly setting: boolean
  readonly answered?: boolean
  readonly says: string
} {
  return CAUSES[cause]
}

const BY_SQL_STATE: readonly (readonly [RegExp, FailureCause])[] = [
  [/^28P01$/, 'wrong-password'],
  [/^28/, 'not-admitted'],
  [/^3D/, 'no-database'],
  [/^42501$/, 'no-privilege'],
  // Only migrations create anything. They see no table that the user may not use, and so would create it again.
  [/^42(P07|710|723)$/, 'not-ours'],
  [/^08P01$/, 'protocol'],
  [/^08/, 'connection-lost'],
  [/^53100$/, 'disk-full'],
  [/^53300$/, 'too-many-connections'],
  [/^53/, 'out-of-resources'],
  [/^57014$/, 'too-slow'],
  [/^(57P|55000$)/, 'not-accepting'],
  [/^25006$/, 'standby'],
  [/^25P03$/, 'too-slow'],
  [/^58/, 'system-error'],
]

/** Node's own codes: of sockets, names, and certificates. */
const BY_CODE: readonly (readonly [RegExp, FailureCause])[] = [
  [/^ECONNREFUSED$/, 'refused'],
  [/^ENOENT$/, 'refused'],
  [/^ENOTFOUND$/, 'unknown-host'],
  [/^(EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/, 'unreachable'],
  [/^ETIMEDOUT$/, 'no-answer'],
  [/^(ECONNRESET|EPIPE)$/, 'connection-lost'],
  [/CERT|SELF_SIGNED|ISSUER|^ERR_(SSL|TLS)|^EPROTO$/, 'tls'],
]

/** What pg says without a code. */
const BY_MESSAGE: readonly (readonly [RegExp, FailureCause])[] = [
  [/does not support SSL/i, 'tls'],
  [/^SASL/, 'wrong-password'],
  [/timeout/i, 'no-answer'],
]

/** What kept PostgreSQL from serving; undefined for an error that is none of its failures, such as a broken unique rule. */
export function failureCause(error: unknown): FailureCause | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof Unavailable && error.code === 'overloaded') return undefined
  if (error instanceof SettingsConflict) return 'other-settings'
  if (error instanceof SessionNotOwn) return 'shared-sessions'
  const state = sqlState(error)
  if (state !== undefined) return find(BY_SQL_STATE, state)
  const deeper = failureCause(error.cause)
  if (deeper !== undefined) return deeper
  if (error instanceof ConnectionLost && error.reason !== 'lost') return error.reason
  const code = 'code' in error ? String(error.code) : ''
  const known = find(BY_CODE, code) ?? (code === '' ? find(BY_MESSAGE, error.message) : undefined)
  const lost = error instanceof ConnectionLost || error instanceof CommitUnknown
  return known ?? (lost ? 'connection-lost' : undefined)
}

function find(table: readonly (readonly [RegExp, FailureCause])[], text: string): FailureCause | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1]
}

/** What a use of the database was for. */
export type DatabaseUse = 'log' | 'loads' | 'writes'

/** Is told how each use of the database went: undefined where PostgreSQL did what it was asked. */
export type ObserveDatabase = (use: DatabaseUse, cause: FailureCause | undefined, error?: unknown) => void

/** Runs the work, and tells the observer how it went. What is none of PostgreSQL's failures went well. */
export async function observed<T>(
  observe: ObserveDatabase,
  use: DatabaseUse,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const result = await work()
    observe(use, undefined)
    return result
  } catch (error) {
    observe(use, failureCause(error), error)
    throw error
  }
}
