import { CommitUnknown, type LoggedRow } from '../../application/consistency/ports/database.ts'
import type { Connection, Row } from './connections.ts'
import { brokeUniqueRule, mayRunAgain, provesRollback } from './sql-errors.ts'

/** How often a write is tried that lost to another one. */
const ATTEMPTS = 5

const BEGIN = 'begin isolation level read committed'
/** Said by a transaction that logs its own tags. It ends with the transaction, so that no pooler hands it on. */
export const LOGS_ITSELF = 'set local marketflow.unit_of_work = on; set local marketflow.lists = places'
export const BEGIN_WRITE = `${BEGIN}; ${LOGS_ITSELF}`
export const BEGIN_LOOK = `${BEGIN} read only`
const BEGIN_LOAD = 'start transaction isolation level repeatable read read only'

/** Runs the attempt again where it lost to another transaction, and may win next time. */
export async function insistently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await attempt()
    } catch (error) {
      const again = mayRunAgain(error) || brokeUniqueRule(error)
      if (number === ATTEMPTS || !again) throw error
    }
  }
}

/**
 * Every step is spelled out, to know which of them failed.
 * @throws CommitUnknown when PostgreSQL did not say how COMMIT went
 */
export async function inTransaction<T>(
  connection: Connection,
  begin: string,
  work: () => Promise<T>,
): Promise<T> {
  await connection.begin(begin)
  let result: T
  try {
    result = await work()
  } catch (error) {
    await rollback(connection)
    throw error
  }
  await commit(connection)
  return result
}

/** Runs the work in one snapshot, of which nothing is left. */
export async function inSnapshot<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  await connection.begin(BEGIN_LOAD)
  try {
    const result = await work()
    await connection.query('commit')
    return result
  } catch (error) {
    await rollback(connection)
    throw error
  }
}

/** Adds a row to the log, by a query of the write's own transaction. */
export async function logInvalidation(
  query: (sql: string, parameters: readonly unknown[]) => Promise<readonly Row[]>,
  tags: readonly string[],
): Promise<LoggedRow> {
  const [row] = await query(
    'insert into cache_invalidation (tags) values ($1) returning id::text, xid::text as transaction',
    [tags],
  )
  return { id: String(row?.id), transaction: String(row?.transaction) }
}

/** A connection that cannot even roll back is broken, and its transaction ends with it. */
async function rollback(connection: Connection): Promise<void> {
  await connection.query('rollback').catch(() => {})
}

/** @throws CommitUnknown unless PostgreSQL said how it went */
async function commit(connection: Connection): Promise<void> {
  let command: string
  try {
    command = (await connection.query('commit')).command
  } catch (error) {
    if (provesRollback(error)) throw error
    throw new CommitUnknown('COMMIT was sent, but its outcome is unknown', { cause: error })
  }
  if (command !== 'COMMIT')
    throw new Error('PostgreSQL rolled back: a statement failed, and the work went on')
}
