import pLimit, { type LimitFunction } from 'p-limit'
import { Client, type ClientConfig } from 'pg'
import {
  Acknowledgements,
  type HolderMessage,
  LogOverdue,
} from '../../application/consistency/ports/invalidation-log.ts'
import { Unavailable } from '../../application/consistency/ports/unavailable.ts'
import { ConnectionLost, type Row, within } from './connections.ts'
import { failureCause, type ObserveDatabase } from './failure-cause.ts'
import type { SamePrimary } from './same-primary.ts'
import { claimSettings, holdsLock, SettingsConflict } from './settings-lock.ts'
import { SessionMark, SessionNotOwn } from './shared-sessions.ts'
import { sqlState } from './sql-errors.ts'
import { Position, RELAXED, SqlInvalidationLog } from './sql-invalidation-log.ts'

interface Session {
  readonly client: Client
  readonly mark: SessionMark
  /** Connected, and the settings claimed. */
  readonly ready: Promise<Client>
  readonly oneAtATime: LimitFunction
  /** Of the statements that are prepared on it, by their text. */
  readonly names: Map<string, string>
  readonly acknowledgements: Acknowledgements
}

/**
 * The part of the deadline after which the server gives a statement up. It says so, and in time to be heard: a server
 * that is slow is told from one that is silent.
 */
const SERVERS_PART = 0.75
/**
 * A piece is a short way along an index, however long the log is. What PostgreSQL believes of the log's length is minutes
 * old, and by it a piece may look cheaper to find by sorting all rows.
 */
const PLAN_BY_INDEX = { enable_bitmapscan: 'off', enable_seqscan: 'off' } as const
/** Waiting for the disk is what makes a holder's registration outlive a crash of PostgreSQL. */
const DURABLE = { synchronous_commit: 'on' } as const
/** Where instances tell each other what holders have applied, and that writes wait for it. */
const CHANNEL = 'marketflow_holders'
const TELL = `select pg_notify($1, $2), ${RELAXED}`
/** PostgreSQL takes messages of less than 8,000 bytes. */
const LONGEST_SNAPSHOT = 7_000
/** The SQLSTATE of a statement that the server has given up. */
const GIVEN_UP = '57014'
/** Those of a name that a session does not know, though this connection has prepared it, or that another client has taken. */
const NOT_PREPARED_HERE = new Set(['26000', '42P05'])

/**
 * The log over a connection of its own, which a busy pool cannot delay. Unless the server itself gives a statement up, the
 * connection is destroyed when something goes wrong on it, and the next call makes another: a query that is still on its
 * way must not be answered to the next one.
 */
export class PostgresInvalidationLog extends SqlInvalidationLog {
  readonly #to: ClientConfig
  readonly #timeoutMs: number
  readonly #primary: SamePrimary
  readonly #observe: ObserveDatabase
  #settings: string | undefined
  #wake: () => void = () => {}
  #session: Session | undefined
  #closed = false

  /** `to`: the database, as pg is told. `timeoutMs`: the longest a method may take, connecting included. */
  constructor(
    to: ClientConfig,
    timeoutMs: number,
    primary: SamePrimary,
    observe: ObserveDatabase = () => {},
  ) {
    super()
    this.#to = to
    this.#timeoutMs = timeoutMs
    this.#primary = primary
    this.#observe = observe
  }

  async claim(settings: string): Promise<void> {
    this.#settings = settings
    this.#drop(this.#session)
    await this.query('select', [])
  }

  get acknowledgements(): Acknowledgements {
    return this.#closed ? new Acknowledgements() : this.connection().acknowledgements
  }

  async tell({ applied, wake }: HolderMessage): Promise<void> {
    const message: Message = { wake }
    if (applied !== undefined) message.applied = [applied.holder, (applied.position as Position).snapshot]
    if (message.applied !== undefined && message.applied[1].length > LONGEST_SNAPSHOT) {
      // Less than the truth, and true: all that had ended before the oldest that was under way.
      const [oldest] = message.applied[1].split(':')
      message.applied[1] = `${oldest}:${oldest}:`
    }
    await this.query(TELL, [CHANNEL, JSON.stringify(message)])
  }

  onWake(wake: () => void): void {
    this.#wake = wake
  }

  protected async query(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    const session = this.connection()
    let sent = false
    try {
      const answer = session.oneAtATime(async () => {
        await session.ready
        sent = true
        return this.#witnessed(session, sql, parameters)
      })
      const rows = await within(this.#timeoutMs, answer)
      this.#observe('log', undefined)
      return rows
    } catch (error) {
      const overdue = sent && sqlState(error) === GIVEN_UP
      if (!overdue) this.#drop(session)
      // Whatever it is: without the log there is no lease.
      if (!this.#closed) this.#observe('log', failureCause(error) ?? 'other', error)
      if (overdue) throw new LogOverdue(error)
      throw error instanceof SettingsConflict || error instanceof SessionNotOwn ? error : unavailable(error)
    }
  }

  protected connection(): Session {
    if (this.#closed) throw unavailable(new ConnectionLost('The log is closed'))
    this.#session ??= this.#open()
    return this.#session
  }

  /**
   * Every look at the log, whose answer is one row, also asks in its own statement whether the session is still this
   * instance's and holds its lock: behind a pooler that gives it to others, nothing that was claimed on it holds.
   */
  async #witnessed(session: Session, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    if (!/^\s*select\b/i.test(sql)) return prepared(session, sql, parameters)
    const { mark } = session
    const own = this.#settings === undefined ? mark.isOwn : `${mark.isOwn} and ${holdsLock(this.#settings)}`
    const rows = await prepared(
      session,
      `select ${own} as own_session, looked.* from (${sql}) as looked`,
      parameters,
    )
    if (rows[0]?.own_session === false) throw new SessionNotOwn()
    return rows
  }

  #open(): Session {
    const client = new Client({
      ...this.#to,
      keepAlive: true,
      application_name: 'marketflow log',
    })
    const mark = new SessionMark()
    const session: Session = {
      client,
      mark,
      ready: this.#connect(client, mark),
      oneAtATime: pLimit(1),
      names: new Map(),
      acknowledgements: new Acknowledgements(),
    }
    client.on('notification', ({ payload = '' }) => this.#hear(session, JSON.parse(payload)))
    // Also when it breaks while no query waits for it, which would otherwise end the process.
    client.on('error', () => this.#drop(session))
    session.ready.catch(() => {})
    return session
  }

  async #connect(client: Client, mark: SessionMark): Promise<Client> {
    await client.connect()
    await this.#primary.ask(client, {
      statement_timeout: Math.ceil(SERVERS_PART * this.#timeoutMs),
      ...PLAN_BY_INDEX,
      ...DURABLE,
      ...mark.setting,
    })
    if (this.#settings !== undefined) await claimSettings(client, this.#settings)
    await client.query(`listen ${CHANNEL}`)
    return client
  }

  /** What a connection that was given up still brings, is kept with it, and no write looks there. */
  #hear(session: Session, { applied, wake }: Message): void {
    if (applied !== undefined) session.acknowledgements.add(applied[0], new Position(session, applied[1], ''))
    if (wake) this.#wake()
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

/** As it goes over the channel; what was applied, by which holder and up to which snapshot. */
interface Message {
  applied?: [holder: string, snapshot: string]
  readonly wake: boolean
}

/** Planning a look at the log takes several times as long as the look, so each connection does it once. */
async function prepared(
  { client, names }: Session,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const name = names.get(text) ?? `log ${names.size}`
  names.set(text, name)
  try {
    return (await client.query<Row>({ name, text, values: [...values] })).rows
  } catch (error) {
    throw NOT_PREPARED_HERE.has(sqlState(error) ?? '') ? new SessionNotOwn() : error
  }
}

function unavailable(cause: unknown): Unavailable {
  return new Unavailable('database-unavailable', { cause })
}
