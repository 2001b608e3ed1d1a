import type {
  LoggingTransaction,
  Snapshots,
  Transactions,
} from '../../application/consistency/ports/database.ts'
import type { Connections, Row } from './connections.ts'
import { within } from './connections.ts'
import { orUnavailable } from './sql-errors.ts'
import { type Execute, inSnapshot, insistently, inWrite } from './transaction-steps.ts'

/** Where SQL goes: the snapshot of a load, or the transaction of a write. Refuses to work once that is over. */
export interface Sql {
  /** The rows. `$1`, `$2`, … in the statement are the parameters, which never become part of its text. */
  query<R = Row>(statement: string, parameters?: readonly unknown[]): Promise<R[]>
}

/** A write's transaction. What it changes, and the tags of what it records, are one commit. */
export interface SqlTransaction extends Sql, LoggingTransaction {}

/** Loads in SQL. */
export class SqlSnapshots implements Snapshots<Sql> {
  readonly #connections: Connections
  readonly #timeoutMs: number

  /** `timeoutMs`: the longest a load may take, waiting for a connection included. */
  constructor(connections: Connections, timeoutMs: number) {
    this.#connections = connections
    this.#timeoutMs = timeoutMs
  }

  async read<T>(queries: (source: Sql) => Promise<T>): Promise<T> {
    try {
      return await within(
        this.#timeoutMs,
        this.#connections.run((connection) => inSnapshot(connection, (execute) => queries(sqlOver(execute)))),
      )
    } catch (error) {
      throw orUnavailable(error)
    }
  }
}

/** Writes in SQL. What breaks a rule of the tables is thrown as the driver has it. */
export class SqlTransactions implements Transactions<SqlTransaction> {
  readonly #connections: Connections

  constructor(connections: Connections) {
    this.#connections = connections
  }

  async run<T>(work: (tx: SqlTransaction) => Promise<T>): Promise<T> {
    try {
      return await insistently(() =>
        this.#connections.run((connection) =>
          inWrite(connection, (execute, log) => work({ ...sqlOver(execute), ...log })),
        ),
      )
    } catch (error) {
      throw orUnavailable(error)
    }
  }
}

function sqlOver(execute: Execute): Sql {
  return {
    query: async <R>(statement: string, parameters: readonly unknown[] = []) =>
      (await execute(statement, parameters)).rows as R[],
  }
}
