import type { PGlite } from '@electric-sql/pglite'
import pLimit from 'p-limit'
import { Acknowledgements, LogOverdue } from '../../application/consistency/ports/invalidation-log.ts'
import {
  type Connection,
  ConnectionLost,
  Connections,
  lend,
  oneByOne,
  type Row,
  within,
} from './connections.ts'
import { SqlInvalidationLog } from './sql-invalidation-log.ts'
import { translate } from './translate.ts'

/**
 * The one connection of an embedded database, lent to one at a time: a query of anybody else's would otherwise run
 * inside the transaction that happens to be open. So a reservation within a reservation waits for ever.
 */
export class PgliteConnections extends Connections {
  readonly #pglite: PGlite
  readonly #oneAtATime = pLimit(1)

  constructor(pglite: PGlite) {
    super()
    this.#pglite = pglite
  }

  run<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#oneAtATime(async () => {
      const { connection, end } = lend({
        query: (sql, parameters) => this.#query(sql, parameters),
        begin: async (statement) => (await this.#pglite.exec(statement)).at(-1)?.rows[0],
        inOneGo: (statements) => oneByOne((sql, parameters) => this.#query(sql, parameters), statements),
      })
      try {
        return await use(connection)
      } finally {
        end()
      }
    })
  }

  async #query(sql: string, parameters: readonly unknown[] = []) {
    const { rows, command, affectedRows } = await this.#pglite.query<Record<string, unknown>>(sql, [
      ...parameters,
    ])
    return { rows, command: command ?? '', affected: affectedRows ?? 0 }
  }

  async close(): Promise<void> {
    await this.#oneAtATime(() => this.#pglite.close())
  }
}

/** The log of an embedded database, over the only connection there is. */
export class PgliteInvalidationLog extends SqlInvalidationLog {
  readonly #connections: Connections
  readonly #timeoutMs: number
  readonly acknowledgements = new Acknowledgements()

  /** `timeoutMs`: the longest a method may take, waiting for the connection included. */
  constructor(connections: Connections, timeoutMs: number) {
    super()
    this.#connections = connections
    this.#timeoutMs = timeoutMs
  }

  /** Nothing to agree on: an embedded database has one instance. */
  async claim(): Promise<void> {}

  /** Other processes are kept out of an embedded database, so all that are on the list are dead. */
  override async register(): Promise<string> {
    await this.query('delete from cache_holder', [])
    return super.register()
  }

  /** No other instance can hear. */
  async tell(): Promise<void> {}
  onWake(): void {}

  protected async query(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    try {
      const answer = this.#connections.run((connection) => connection.query(sql, parameters))
      return (await within(this.#timeoutMs, answer)).rows
    } catch (error) {
      // A database in this process is never silent: another caller has its only connection.
      throw error instanceof ConnectionLost ? new LogOverdue(error) : translate(error)
    }
  }

  /** It lives as long as the database does. */
  protected connection(): Connections {
    return this.#connections
  }

  /** The connection is the database's to close. */
  async close(): Promise<void> {}
}
