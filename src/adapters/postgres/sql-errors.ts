import { Unavailable } from '../../application/consistency/ports/unavailable.ts'

/**
 * SQLSTATEs of a server that cannot serve now: connection exceptions, refused logins, a database that is not there,
 * resources, shutdown and start, system errors; a timeout (query_canceled, idle in transaction);
 * and read_only_sql_transaction, which is what a primary answers that was demoted.
 */
const UNAVAILABLE = /^(08|28|3D|53|57P|58)|^(57014|25P03|25006)$/

/** PostgreSQL's code for what went wrong; undefined when it was not PostgreSQL that said so. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Two transactions got in each other's way; running one of them again is expected to work. */
export function mayRunAgain(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}

/**
 * Another transaction committed what this one was about to insert. Work that looks before it inserts could not see it
 * yet; run again, it can, and comes to its own answer: another slug, the market to update, or its own refusal.
 */
export function brokeUniqueRule(error: unknown): boolean {
  return sqlState(error) === '23505'
}

/** What the transaction points to is gone. */
export function brokeForeignKey(error: unknown): boolean {
  return sqlState(error) === '23503'
}

/**
 * Whether an error in answer to COMMIT proves that nothing was committed: a broken constraint, a conflict between
 * transactions, a transaction that had failed or was cancelled. Anything else — a lost connection, a server that is
 * going down — may have come after the commit.
 */
export function provesRollback(error: unknown): boolean {
  const state = sqlState(error) ?? ''
  return state !== '40003' && /^(23|25|40)|^57014$/.test(state)
}

/** What a driver threw, as Unavailable where PostgreSQL cannot serve now; anything else comes back as it is. */
export function orUnavailable(error: unknown): unknown {
  if (error instanceof Unavailable || !(error instanceof Error)) return error
  const state = sqlState(error)
  // lock_not_available: another write is at the same row, and takes its time.
  if (state === '55P03') {
    const message = 'Another write holds what this one needs; try again in a moment'
    return new Unavailable('overloaded', { message, cause: error })
  }
  const lost = 'code' in error && error.code === 'CONNECTION_LOST'
  if (lost || mayRunAgain(error) || (state !== undefined && UNAVAILABLE.test(state))) {
    return new Unavailable('database-unavailable', { cause: error })
  }
  return error
}
