import type { ClientBase, QueryResult } from 'pg'
import type { Connections } from './connections.ts'
import { ConnectionLost } from './connections.ts'
import { sqlState } from './sql-errors.ts'

/**
 * Equal for all who talk to one database, and for no others: not on its copy in another server (the cluster's
 * identifier), nor in the same one (the oid), nor for two embedded databases (the random id).
 */
const IDENTITY = `
  select left(encode(sha256(convert_to(concat_ws('/',
    (select system_identifier from pg_control_system()),
    (select oid from pg_database where datname = current_database()),
    (select database_id from cache_sweep)
  ), 'UTF8')), 'hex'), 12) as identity`

/** Twelve hexadecimal digits. The schema must be up to date. */
export async function databaseIdentity(connections: Connections): Promise<string> {
  const { rows } = await connections.run((connection) => connection.query(IDENTITY))
  return String(rows[0]?.identity)
}

/** What a connection is asked that has to lead to the primary: a statement for any message, with one boolean column. */
export const ON_STANDBY = 'select pg_is_in_recovery() as standby'

/**
 * Every statement looks at a few hundred rows at most. Where tables are large the planner fears more, and would compile
 * for 50 ms what then runs for ten.
 */
const NOT_COMPILED = { jit: 'off' }

/** The connection leads to a server that lags behind the primary and can store nothing. */
class OnStandby extends ConnectionLost {
  constructor() {
    super('This server is a standby, not the primary', { reason: 'standby' })
  }
}

/** DATABASE_URL leads to another database than the one this instance started on. */
export class DatabaseReplaced extends ConnectionLost {
  constructor() {
    super(
      'DATABASE_URL leads to another database than the one this instance started on. It ends, since its cache holds the other one’s data; started again, it uses the new one.',
      { reason: 'replaced' },
    )
  }
}

/**
 * That every connection of an instance, of its pool and its log, leads to the primary of one and the same database. DNS, poolers
 * and proxies lead elsewhere for a while when servers change places: what is loaded from a standby, or from another
 * database, would be stored as if it were current.
 */
export class SamePrimary {
  /** Resolves when a connection led to another database. */
  readonly replaced: Promise<DatabaseReplaced>
  readonly #tellReplaced: (error: DatabaseReplaced) => void
  #identity: string | undefined
  /** The connections that were asked, for the identity that is expected now. */
  #asked = new WeakSet<ClientBase>()

  constructor() {
    const { promise, resolve } = Promise.withResolvers<DatabaseReplaced>()
    this.replaced = promise
    this.#tellReplaced = resolve
  }

  /** From now on only this database will do. Connections that were asked before are asked again. */
  expect(identity: string): void {
    this.#identity = identity
    this.#asked = new WeakSet()
  }

  has(client: ClientBase): boolean {
    return this.#asked.has(client)
  }

  /**
   * Configures a connection and asks where it leads, in one message. The settings are no startup parameters, which
   * PgBouncer refuses.
   * @throws OnStandby; DatabaseReplaced
   */
  async ask(client: ClientBase, settings: Readonly<Record<string, string | number>>): Promise<void> {
    const set = Object.entries({ ...NOT_COMPILED, ...settings }).map(
      ([name, value]) => `set ${name} = '${value}'`,
    )
    const identity = this.#identity === undefined ? [] : [IDENTITY]
    const answers = await query(client, [...set, ON_STANDBY, ...identity]).catch((error: unknown) => {
      // A database without our tables: its schema is gone, or it is an empty one in the other's place.
      if (sqlState(error) === '42P01') throw this.#another()
      throw error
    })
    refuseStandby(answers[set.length])
    if (this.#identity !== undefined && answers.at(-1)?.rows[0]?.identity !== this.#identity) {
      throw this.#another()
    }
    this.#asked.add(client)
  }

  #another(): DatabaseReplaced {
    const error = new DatabaseReplaced()
    this.#tellReplaced(error)
    return error
  }
}

/** @throws OnStandby unless the answer to `ON_STANDBY` is no */
export function refuseStandby(
  answer: { readonly rows: readonly Record<string, unknown>[] } | undefined,
): void {
  if (answer?.rows[0]?.standby !== false) throw new OnStandby()
}

/** Several statements in one message, and what each answered. */
export async function query(client: ClientBase, statements: readonly string[]): Promise<QueryResult[]> {
  const answer: QueryResult | QueryResult[] = await client.query(statements.join('; '))
  return Array.isArray(answer) ? answer : [answer]
}
