import { type ClientConfig, DatabaseError, type Pool, type PoolClient } from 'pg'
import { Unavailable } from '../../application/consistency/ports/unavailable.ts'
import {
  type Answer,
  type Connection,
  ConnectionLost,
  Connections,
  lend,
  oneByOne,
  type Row,
  within,
} from './connections.ts'
import { ON_STANDBY, query, refuseStandby, type SamePrimary } from './same-primary.ts'
import { sqlState } from './sql-errors.ts'

export interface PoolOptions {
  readonly pool: Pool
  /** How long a caller waits for a connection, be it made or freed, in ms. */
  readonly connectTimeoutMs: number
  /** The longest a statement may take, in ms. */
  readonly statementTimeoutMs: number
  /** The longest a statement may wait for another transaction's lock, in ms. */
  readonly lockTimeoutMs?: number
  /** Where each connection has to lead. */
  readonly primary: SamePrimary
}

/** What a pool connects by, for a connection beside it. Its password is no enumerable field. */
export function connectedBy({ options }: Pool): ClientConfig {
  return { ...options, ...(options.password !== undefined && { password: options.password }) }
}

/** How much later than the server's own timeout the client gives up, in ms: the server's leaves the connection usable. */
const SLACK_MS = 500

/** A pool of connections to PostgreSQL on which no statement is waited for without end. */
export class PoolConnections extends Connections {
  readonly #pool: Pool
  readonly #primary: SamePrimary
  readonly #settings: Readonly<Record<string, number>>
  readonly #connectTimeoutMs: number
  readonly #size: number
  /** Whether its clients send a query before the last one is answered. */
  readonly #pipelines: boolean
  #lent = 0
  readonly #deadlineMs: number

  constructor({ pool, connectTimeoutMs, statementTimeoutMs, lockTimeoutMs, primary }: PoolOptions) {
    super()
    this.#primary = primary
    this.#settings = {
      statement_timeout: statementTimeoutMs,
      // An instance that is suspended inside a transaction must not hold its row locks for ever.
      idle_in_transaction_session_timeout: statementTimeoutMs,
      ...(lockTimeoutMs !== undefined && { lock_timeout: lockTimeoutMs }),
    }
    this.#size = pool.options.max
    this.#pipelines = pool.options.pipeline === true
    this.#connectTimeoutMs = connectTimeoutMs
    this.#deadlineMs = statementTimeoutMs + SLACK_MS
    this.#pool = pool
    // Without listeners a dropped connection would end the process. The caller that uses it learns from the failing query.
    this.#pool.on('error', () => {})
    this.#pool.on('connect', (client) => client.on('error', () => {}))
  }

  async run<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    const client = await this.#reserve()
    this.#lent += 1
    let broken = false
    const watched = <T>(answer: Promise<T>) =>
      answer.catch((error: unknown) => {
        broken ||= endsConnection(error)
        throw error
      })
    const query: Connection['query'] = (sql, parameters) => watched(this.#query(client, sql, parameters))
    const { connection, end } = lend({
      query,
      begin: (statement) => watched(this.#begin(client, statement)),
      inOneGo: (statements) =>
        // One that has ended sends nothing: then COMMIT is known not to have been sent.
        this.#pipelines && client.connection.stream.writable
          ? Promise.allSettled(statements.map(({ sql, parameters }) => query(sql, parameters)))
          : oneByOne(query, statements),
    })
    try {
      return await use(connection)
    } finally {
      end()
      this.#lent -= 1
      client.release(broken)
    }
  }

  async #reserve(): Promise<PoolClient> {
    let client: PoolClient
    const connecting = this.#pool.connect()
    try {
      // A pool with a time-out of its own has said more by then.
      client = await within(this.#connectTimeoutMs + SLACK_MS, connecting)
    } catch (error) {
      // One that comes late goes back to the pool.
      connecting.then(
        (late) => late.release(),
        () => undefined,
      )
      // Writes keep each other waiting with nothing wrong with PostgreSQL; loads do so only when it is slow or silent.
      const waitForLocks = this.#settings.lock_timeout !== undefined
      if (waitForLocks && this.#lent >= this.#size) throw new Unavailable('overloaded', { cause: error })
      throw new ConnectionLost('PostgreSQL cannot be connected to', { cause: error })
    }
    if (this.#primary.has(client)) return client
    try {
      const asking = this.#primary.ask(client, this.#settings)
      await within(this.#connectTimeoutMs, asking, () => client.connection.stream.destroy())
      return client
    } catch (error) {
      client.release(true)
      throw told(error)
    }
  }

  async #begin(client: PoolClient, statement: string): Promise<Row | undefined> {
    const answers = await this.#answered(client, () => query(client, [statement, ON_STANDBY]))
    refuseStandby(answers.at(-1))
    return answers.at(-2)?.rows[0]
  }

  async #query(client: PoolClient, sql: string, parameters: readonly unknown[] = []): Promise<Answer> {
    const result = await this.#answered(client, () => client.query(sql, [...parameters]))
    return { rows: result.rows, command: result.command, affected: result.rowCount ?? 0 }
  }

  async #answered<T>(client: PoolClient, ask: () => Promise<T>): Promise<T> {
    try {
      // pg's own query_timeout would give up the query and leave it running on a connection that goes back to the pool.
      return await within(this.#deadlineMs, ask(), () => client.connection.stream.destroy())
    } catch (error) {
      throw told(error)
    }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}

/** What PostgreSQL itself said stays as it is. */
function told(error: unknown): unknown {
  if (error instanceof DatabaseError || error instanceof ConnectionLost) return error
  return new ConnectionLost('The connection to PostgreSQL broke', { cause: error })
}

/** The server goes away, or is not the one that it was: it is demoted, or shuts down. */
const LEADS_NOWHERE = /^(08|57P|58)|^25006$/

function endsConnection(error: unknown): boolean {
  return error instanceof ConnectionLost || LEADS_NOWHERE.test(sqlState(error) ?? '')
}
