import { CommitUnknown, type LoggingTransaction } from '../../application/consistency/ports/database.ts'
import { type Connection, ConnectionLost, type Statement } from './connections.ts'
import { brokeUniqueRule, mayRunAgain, provesRollback } from './sql-errors.ts'

/** How often a write is tried that lost to another one. */
const ATTEMPTS = 5

const BEGIN = 'begin isolation level read committed'
/** Said by a transaction that logs its own tags. It ends with the transaction, so that no pooler hands it on. */
export const LOGS_ITSELF = 'set local marketflow.unit_of_work = on; set local marketflow.lists = places'
/** A standby, which gives no numbers, is told by what `begin` asks. */
const NUMBER = 'select case when not pg_is_in_recovery() then pg_current_xact_id()::text end as transaction'
const BEGIN_WRITE = `${BEGIN}; ${LOGS_ITSELF}; ${NUMBER}`
const BEGIN_LOOK = `${BEGIN} read only`
const LOG = 'insert into cache_invalidation (tags) values ($1)'
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

/** Executes a statement of a transaction, until its work is over. */
export type Execute = Connection['query']

/**
 * A write. What it logs is one row, which is sent together with COMMIT: nothing in the transaction depends on it but that
 * both are committed.
 * @throws CommitUnknown when PostgreSQL did not say how COMMIT went
 */
export async function inWrite<T>(
  connection: Connection,
  work: (execute: Execute, log: LoggingTransaction) => Promise<T>,
): Promise<T> {
  let logged: readonly string[] = []
  const result = await begun(connection, BEGIN_WRITE, (execute, { assertOpen, transaction }) =>
    work(execute, {
      logInvalidation: async (tags) => {
        assertOpen()
        // What the driver could not even send, PostgreSQL would not refuse, and COMMIT would go through without it.
        if (!tags.every((tag) => typeof tag === 'string')) throw new TypeError('Each tag has to be a string')
        logged = [...logged, ...tags]
        return String(transaction)
      },
    }),
  )
  await commit(connection, logged.length === 0 ? [] : [{ sql: LOG, parameters: [logged] }])
  return result
}

/**
 * Reads what is newest, statement by statement.
 * @throws CommitUnknown when PostgreSQL did not say how COMMIT went
 */
export async function inLook<T>(connection: Connection, work: (execute: Execute) => Promise<T>): Promise<T> {
  const result = await begun(connection, BEGIN_LOOK, work)
  await commit(connection, [])
  return result
}

/** Runs the work in one snapshot, of which nothing is left. */
export async function inSnapshot<T>(
  connection: Connection,
  work: (execute: Execute) => Promise<T>,
): Promise<T> {
  const result = await begun(connection, BEGIN_LOAD, work)
  await connection.query('commit')
  return result
}

interface Begun {
  /** The number of a write's. */
  readonly transaction: unknown
  /** @throws ConnectionLost once the work is over */
  assertOpen(): void
}

/**
 * Begins a transaction and runs the work in it; rolls back what fails, also BEGIN's own message, of which a part may have
 * been executed. What the work asks once it is over, having waited for nothing, is refused: behind COMMIT it would be
 * a transaction of its own, with nothing in the log.
 */
async function begun<T>(
  connection: Connection,
  begin: string,
  work: (execute: Execute, begun: Begun) => Promise<T>,
): Promise<T> {
  let over = false
  const assertOpen = () => {
    if (over) throw new ConnectionLost('The transaction is over')
  }
  const execute: Execute = async (sql, parameters) => {
    assertOpen()
    return connection.query(sql, parameters)
  }
  try {
    const row = await connection.begin(begin)
    return await work(execute, { transaction: row?.transaction, assertOpen })
  } catch (error) {
    over = true
    await rollback(connection)
    throw error
  } finally {
    over = true
  }
}

/** A connection that cannot even roll back is broken, and its transaction ends with it. */
async function rollback(connection: Connection): Promise<void> {
  await connection.query('rollback').catch(() => {})
}

/**
 * Commits what `last` adds with all before it.
 * @throws CommitUnknown unless PostgreSQL said how it went
 */
async function commit(connection: Connection, last: readonly Statement[]): Promise<void> {
  const settled = await connection.inOneGo([...last, { sql: 'commit' }])
  const committed = settled[last.length]
  const refused = settled.slice(0, last.length).find((each) => each.status === 'rejected')
  if (committed === undefined) {
    await rollback(connection)
    throw refused?.reason
  }
  if (committed.status === 'rejected') {
    if (provesRollback(committed.reason)) throw refused?.reason ?? committed.reason
    throw new CommitUnknown('COMMIT was sent, but its outcome is unknown', { cause: committed.reason })
  }
  if (committed.value.command === 'COMMIT') {
    if (refused === undefined) return
    // PostgreSQL would have rolled back. The refusal is the driver's, or a pooler's, which lost its server meanwhile.
    throw new CommitUnknown('COMMIT was answered, but its row was refused', { cause: refused.reason })
  }
  throw refused?.reason ?? new Error('PostgreSQL rolled back: a statement failed, and the work went on')
}
