import { LogOverdue } from '../../application/consistency/ports/invalidation-log.ts'
import { ConnectionLost, type Connections, type Row } from './connections.ts'
import { within } from './deadline.ts'
import { translate } from './sql-errors.ts'
import { SqlInvalidationLog } from './sql-invalidation-log.ts'

/** The log of an embedded database, over the only connection there is. */
export class PgliteInvalidationLog extends SqlInvalidationLog {
  readonly #connections: Connections
  readonly #timeoutMs: number

  /** `timeoutMs`: the longest a method may take, waiting for the connection included. */
  constructor(connections: Connections, timeoutMs: number) {
    super()
    this.#connections = connections
    this.#timeoutMs = timeoutMs
  }

  /** Nothing to agree on: an embedded database has one instance. */
  async claim(): Promise<void> {}

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
