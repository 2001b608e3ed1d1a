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

/**
 * A write. What it logs is one row, which is sent together with COMMIT: nothing in the transaction depends on it but that
 * both are committed.
 * @throws CommitUnknown when PostgreSQL did not say how COMMIT went
 */
export async function inWrite<T>(
  connection: Connection,
  work: (log: LoggingTransaction) => Promise<T>,
): Promise<T> {
  let logged: readonly string[] = []
  let over = false
  const result = await orRollback(connection, async () => {
    const begun = await connection.begin(BEGIN_WRITE)
    return work({
      logInvalidation: async (tags) => {
        if (over) throw new ConnectionLost('The transaction is over')
        // What the driver could not even send, PostgreSQL would not refuse, and COMMIT would go through without it.
        if (!tags.every((tag) => typeof tag === 'string')) throw new TypeError('Each tag has to be a string')
        logged = [...logged, ...tags]
        return String(begun?.transaction)
      },
    })
  })
  over = true
  await commit(connection, logged.length === 0 ? [] : [{ sql: LOG, parameters: [logged] }])
  return result
}

/**
 * Reads what is newest, statement by statement.
 * @throws CommitUnknown when PostgreSQL did not say how COMMIT went
 */
export async function inLook<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  const result = await orRollback(connection, async () => {
    await connection.begin(BEGIN_LOOK)
    return work()
  })
  await commit(connection, [])
  return result
}

/** Runs the work in one snapshot, of which nothing is left. */
export async function inSnapshot<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  return orRollback(connection, async () => {
    await connection.begin(BEGIN_LOAD)
    const result = await work()
    await connection.query('commit')
    return result
  })
}

/** Also where BEGIN's own message failed: a part of it may have been executed, and the connection goes back to others. */
async function orRollback<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await rollback(connection)
    throw error
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
  // The answer to COMMIT alone says what became of it: that to the row may be a pooler's, which lost its server meanwhile.
  if (committed.value.command === 'COMMIT' && refused === undefined) return
  throw refused?.reason ?? new Error('PostgreSQL rolled back: a statement failed, and the work went on')
}
