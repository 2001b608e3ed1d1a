import pLimit, { type LimitFunction } from 'p-limit'
import { Client } from 'pg'
import { Unavailable } from '../../application/consistency/unavailable.ts'
import { ConnectionLost, type Row } from './connections.ts'
import { within } from './deadline.ts'
import { claimRegime, type Regime, RegimeConflict } from './regime.ts'
import { SqlInvalidationLog } from './sql-invalidation-log.ts'

interface Session {
  readonly client: Client
  /** Connected, and the regime claimed. */
  readonly ready: Promise<Client>
  readonly oneAtATime: LimitFunction
  /** After how long the server gives a statement up, in ms. */
  statementTimeoutMs: number
}

/**
 * The log over a connection of its own, which a busy pool cannot delay. Whatever goes wrong on it, the connection is
 * destroyed and the next call makes another: a query that is still on its way must not be answered to the next one. The
 * server gives it up, too: it would notice that no client waits only after its answer, and until then the session holds the
 * regime's lock against the one that takes its place.
 */
export class PostgresInvalidationLog extends SqlInvalidationLog {
  readonly #url: string
  readonly #timeoutMs: number
  #regime: Regime | undefined
  #session: Session | undefined
  #closed = false

  /** `timeoutMs`: the longest a method may take, connecting included. */
  constructor(url: string, timeoutMs: number) {
    super()
    this.#url = url
    this.#timeoutMs = timeoutMs
  }

  async claim(regime: string, exclusive: boolean): Promise<void> {
    this.#regime = { name: regime, exclusive }
    this.#drop(this.#session)
    await this.query('select', [])
  }

  protected async query(sql: string, parameters: readonly unknown[], patience = 1): Promise<Row[]> {
    const session = this.connection()
    const deadlineMs = patience * this.#timeoutMs
    try {
      const answer = session.oneAtATime(async () => {
        // However patient: a server that does not even take the connection is given up sooner.
        const client = await within(this.#timeoutMs, session.ready)
        if (session.statementTimeoutMs !== deadlineMs) {
          await client.query(`set statement_timeout = ${deadlineMs}`)
          session.statementTimeoutMs = deadlineMs
        }
        return client.query<Row>(sql, [...parameters])
      })
      return (await within(deadlineMs, answer)).rows
    } catch (error) {
      this.#drop(session)
      throw error instanceof RegimeConflict ? error : unavailable(error)
    }
  }

  protected connection(): Session {
    if (this.#closed) throw unavailable(new ConnectionLost('The log is closed'))
    this.#session ??= this.#open()
    return this.#session
  }

  #open(): Session {
    const client = new Client({
      connectionString: this.#url,
      keepAlive: true,
      statement_timeout: this.#timeoutMs,
      application_name: 'marketflow log',
    })
    const session: Session = {
      client,
      ready: this.#connect(client),
      oneAtATime: pLimit(1),
      statementTimeoutMs: this.#timeoutMs,
    }
    // Also when it breaks while no query waits for it, which would otherwise end the process.
    client.on('error', () => this.#drop(session))
    session.ready.catch(() => {})
    return session
  }

  async #connect(client: Client): Promise<Client> {
    await client.connect()
    await refuseStandby(client)
    if (this.#regime !== undefined) await claimRegime(client, this.#regime)
    return client
  }

  #drop(session: Session | undefined): void {
    session?.client.connection.stream.destroy()
    if (this.#session === session) this.#session = undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#drop(this.#session)
  }
}

/**
 * A standby lags behind, and its snapshots do not tell what is under way. One that was promoted is no standby, but its
 * connections from before are.
 */
async function refuseStandby(client: Client): Promise<void> {
  const { rows } = await client.query('select pg_is_in_recovery() as standby')
  if (rows[0]?.standby !== false) throw new ConnectionLost('This server is a standby, not the primary')
}

function unavailable(cause: unknown): Unavailable {
  return new Unavailable('database-unavailable', { cause })
}
