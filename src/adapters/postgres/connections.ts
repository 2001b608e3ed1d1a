import pLimit from 'p-limit'

export type Row = Record<string, unknown>

export interface Answer {
  readonly rows: Row[]
  /** The command tag: `COMMIT` of a failed transaction answers `ROLLBACK`, without any error. */
  readonly command: string
  readonly affected: number
}

export interface Statement {
  readonly sql: string
  readonly parameters?: readonly unknown[]
}

/** One database connection, reserved. Parameters are `$1`, `$2`, …; they never become part of the SQL text. */
export interface Connection {
  query(sql: string, parameters?: readonly unknown[]): Promise<Answer>
  /**
   * Begins a transaction by this statement, and others that go with it in one message, on the primary: a connection may
   * lead elsewhere than when it was made. Resolves with the row of the last of them, if it has one.
   * @throws ConnectionLost on a standby
   */
  begin(statement: string): Promise<Row | undefined>
  /**
   * Where the connection can, sends all statements without waiting for an answer; otherwise up to the first that fails.
   * Resolves with what each came to that was sent.
   */
  inOneGo(statements: readonly Statement[]): Promise<PromiseSettledResult<Answer>[]>
}

/**
 * Where connections come from: a pool on PostgreSQL, the only one there is on PGlite. Everything the adapter does at
 * run time goes through here, so that it knows which statement failed and every connection finds its way back. (Kysely's
 * controlled transactions, on which MikroORM's own begin and commit are built, keep a connection whose BEGIN, COMMIT or
 * ROLLBACK failed for ever: ten dead connections, and the pool is empty.)
 */
export abstract class Connections {
  /**
   * Reserves a connection for as long as `use` runs; afterwards the connection object it was given refuses to work.
   * @throws ConnectionLost when there is none to be had, or it breaks, or a statement outlasts its deadline
   */
  abstract run<T>(use: (connection: Connection) => Promise<T>): Promise<T>
  abstract close(): Promise<void>
}

/** The server did not answer: what was sent may or may not have been executed. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
  /** A field, because MikroORM wraps what its driver throws and copies the fields. */
  readonly code = 'CONNECTION_LOST'
  readonly reason: 'lost' | 'no-answer' | 'standby' | 'replaced'

  constructor(
    message: string,
    { reason = 'lost', ...options }: ErrorOptions & { readonly reason?: ConnectionLost['reason'] } = {},
  ) {
    super(message, options)
    this.reason = reason
  }
}

/**
 * A connection that takes one statement at a time and ends with its reservation: a query sent late must not land in
 * another caller's transaction.
 */
export function lend(connection: Connection): { readonly connection: Connection; readonly end: () => void } {
  let ended = false
  const oneAtATime = pLimit(1)
  const inTurn = <T>(work: () => Promise<T>) =>
    oneAtATime(async () => {
      if (ended) throw new ConnectionLost('The transaction is over')
      return work()
    })
  return {
    connection: {
      query: (sql, parameters) => inTurn(() => connection.query(sql, parameters)),
      begin: (statement) => inTurn(() => connection.begin(statement)),
      inOneGo: (statements) => inTurn(() => connection.inOneGo(statements)),
    },
    end: () => {
      ended = true
    },
  }
}

/** `inOneGo` of a connection that can only wait. */
export async function oneByOne(
  query: Connection['query'],
  statements: readonly Statement[],
): Promise<PromiseSettledResult<Answer>[]> {
  const settled: PromiseSettledResult<Answer>[] = []
  for (const { sql, parameters } of statements) {
    settled.push(...(await Promise.allSettled([query(sql, parameters)])))
    if (settled.at(-1)?.status === 'rejected') break
  }
  return settled
}

/**
 * Waits for the work at most `ms`; what it comes to later is ignored.
 * @throws ConnectionLost after `ms`; `onTimeout` has been called by then
 */
export async function within<T>(ms: number, work: Promise<T>, onTimeout?: () => void): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    onTimeout?.()
    reject(new ConnectionLost(`PostgreSQL did not answer within ${ms} ms`, { reason: 'no-answer' }))
  }, ms)
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
