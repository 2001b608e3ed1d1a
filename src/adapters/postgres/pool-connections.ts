import { DatabaseError, Pool, type PoolClient } from 'pg'
import { type Answer, type Connection, ConnectionLost, Connections, lend } from './connections.ts'
import { within } from './deadline.ts'

export interface PoolOptions {
  readonly url: string
  readonly size: number
  /** How long a caller waits for a connection, be it made or freed, in ms. */
  readonly connectTimeoutMs: number
  /** The longest a statement may take, in ms. */
  readonly statementTimeoutMs: number
}

/** How much later than the server's own timeout the client gives up, in ms: the server's leaves the connection usable. */
const SLACK_MS = 500

/** A pool of connections to PostgreSQL on which no statement is waited for without end. */
export class PoolConnections extends Connections {
  readonly #pool: Pool
  readonly #deadlineMs: number

  constructor({ url, size, connectTimeoutMs, statementTimeoutMs }: PoolOptions) {
    super()
    this.#deadlineMs = statementTimeoutMs + SLACK_MS
    this.#pool = new Pool({
      connectionString: url,
      max: size,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      // An instance that is suspended inside a transaction must not hold its row locks for ever.
      idle_in_transaction_session_timeout: statementTimeoutMs,
      keepAlive: true,
      application_name: 'marketflow',
    })
    // Without listeners a dropped connection would end the process. The caller that uses it learns from the failing query.
    this.#pool.on('error', () => {})
    this.#pool.on('connect', (client) => client.on('error', () => {}))
  }

  async run<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    const client = await this.#reserve()
    let broken = false
    const { connection, end } = lend({
      query: (sql, parameters) =>
        this.#query(client, sql, parameters).catch((error: unknown) => {
          broken ||= error instanceof ConnectionLost
          throw error
        }),
    })
    try {
      return await use(connection)
    } finally {
      end()
      client.release(broken)
    }
  }

  async #reserve(): Promise<PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw new ConnectionLost('PostgreSQL cannot be connected to', { cause: error })
    }
  }

  async #query(client: PoolClient, sql: string, parameters: readonly unknown[] = []): Promise<Answer> {
    try {
      // pg's own query_timeout would give up the query and leave it running on a connection that goes back to the pool.
      const query = client.query(sql, [...parameters])
      const result = await within(this.#deadlineMs, query, () => client.connection.stream.destroy())
      return { rows: result.rows, command: result.command, affected: result.rowCount ?? 0 }
    } catch (error) {
      if (error instanceof DatabaseError || error instanceof ConnectionLost) throw error
      throw new ConnectionLost('The connection to PostgreSQL broke', { cause: error })
    }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}
