import type { EntityManager } from '@mikro-orm/core'
import { CommitUnknown } from '../../application/consistency/ports/database.ts'
import { type Transaction, Transactions } from '../../application/ports/transactions.ts'
import type { Connection, Connections } from './connections.ts'
import { type ObserveDatabase, observed } from './failure-cause.ts'
import {
  MikroAccountRepository,
  MikroApplicationRepository,
  MikroMarketRepository,
  MikroVendorRepository,
} from './repositories.ts'
import { brokeUniqueRule, mayRunAgain, provesRollback, translate } from './sql-errors.ts'
import { SqlViewQueries } from './sql-view-queries.ts'
import { LOGS_ITSELF } from './writes-by-hand.ts'

/** How often a write is tried that lost to another one. Every attempt has its own entity manager. */
const ATTEMPTS = 5

const BEGIN = 'begin isolation level read committed'

/** Writes: a forked entity manager over one connection, with every step spelled out, to know which of them failed. */
export class PostgresTransactions extends Transactions {
  readonly #connections: { readonly writes: Connections; readonly reads: Connections }
  readonly #em: EntityManager
  readonly #observe: ObserveDatabase

  constructor(
    connections: { readonly writes: Connections; readonly reads: Connections },
    em: EntityManager,
    observe: ObserveDatabase,
  ) {
    super()
    this.#connections = connections
    this.#em = em
    this.#observe = observe
  }

  run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#insistently('writes', (connection) =>
      this.#attempt(connection, `${BEGIN}; ${LOGS_ITSELF}`, work),
    )
  }

  look<T>(work: (tx: Pick<Transaction, 'accounts'>) => Promise<T>): Promise<T> {
    return this.#insistently('reads', (connection) => this.#attempt(connection, `${BEGIN} read only`, work))
  }

  async #insistently<T>(
    over: 'writes' | 'reads',
    attempt: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const use = over === 'writes' ? 'writes' : 'loads'
    for (let number = 1; ; number++) {
      try {
        return await observed(this.#observe, use, () => this.#connections[over].run(attempt))
      } catch (error) {
        const again = mayRunAgain(error) || brokeUniqueRule(error)
        if (number === ATTEMPTS || !again) throw translate(error)
      }
    }
  }

  async #attempt<T>(
    connection: Connection,
    begin: string,
    work: (tx: Transaction) => Promise<T>,
  ): Promise<T> {
    const em = this.#em.fork()
    em.setTransactionContext(transactionContext(connection))
    await connection.begin(begin)
    let result: T
    try {
      result = await work(transaction(em, connection))
      await em.flush()
    } catch (error) {
      await rollback(connection)
      throw error
    }
    await commit(connection)
    return result
  }
}

function transaction(em: EntityManager, connection: Connection): Transaction {
  // Raw SQL does not see what the unit of work still holds back.
  const query = async (sql: string, parameters: readonly unknown[]) => {
    await em.flush()
    return (await connection.query(sql, parameters)).rows
  }
  return {
    accounts: new MikroAccountRepository(em),
    markets: new MikroMarketRepository(em, query),
    vendors: new MikroVendorRepository(em, query),
    applications: new MikroApplicationRepository(em),
    views: new SqlViewQueries(query),
    logInvalidation: async (tags) => {
      const [row] = await query(
        'insert into cache_invalidation (tags) values ($1) returning id::text, xid::text as transaction',
        [tags],
      )
      return { id: String(row?.id), transaction: String(row?.transaction) }
    },
  }
}

/** What MikroORM asks of a transaction: to execute a statement that it has compiled. */
function transactionContext(connection: Connection) {
  return {
    executeQuery: async ({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) => {
      const { rows, affected } = await connection.query(sql, parameters)
      return { rows, numAffectedRows: BigInt(affected) }
    },
  }
}

/** A connection that cannot even roll back is broken, and its transaction ends with it. */
export async function rollback(connection: Connection): Promise<void> {
  await connection.query('rollback').catch(() => {})
}

/** @throws CommitUnknown unless PostgreSQL said how it went */
async function commit(connection: Connection): Promise<void> {
  let command: string
  try {
    command = (await connection.query('commit')).command
  } catch (error) {
    if (provesRollback(error)) throw error
    throw new CommitUnknown('COMMIT was sent, but its outcome is unknown', { cause: error })
  }
  if (command !== 'COMMIT')
    throw new Error('PostgreSQL rolled back: a statement failed, and the work went on')
}
