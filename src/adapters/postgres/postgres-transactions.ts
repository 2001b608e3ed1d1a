import type { EntityManager } from '@mikro-orm/core'
import { type Transaction, Transactions } from '../../application/ports/transactions.ts'
import type { Connection, Connections } from './connections.ts'
import { type ObserveDatabase, observed } from './failure-cause.ts'
import {
  MikroAccountRepository,
  MikroApplicationRepository,
  MikroMarketRepository,
  MikroVendorRepository,
  SqlKeptAnswers,
  SqlMarketDayRepository,
  SqlPasswordResetRepository,
} from './repositories.ts'
import { SqlViewQueries } from './sql-view-queries.ts'
import { type Execute, inLook, insistently, inWrite } from './transaction-steps.ts'
import { refuseNul, translate } from './translate.ts'

/** Writes: a forked entity manager over one connection, a new one for every attempt. */
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
      inWrite(connection, (execute, log) => this.#attempt(execute, (tx) => work({ ...tx, ...log }))),
    )
  }

  look<T>(work: (tx: Pick<Transaction, 'accounts' | 'resets'>) => Promise<T>): Promise<T> {
    return this.#insistently('reads', (connection) =>
      inLook(connection, (execute) => this.#attempt(execute, work)),
    )
  }

  async #insistently<T>(
    over: 'writes' | 'reads',
    attempt: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const use = over === 'writes' ? 'writes' : 'loads'
    try {
      return await insistently(() => observed(this.#observe, use, () => this.#connections[over].run(attempt)))
    } catch (error) {
      throw translate(error)
    }
  }

  async #attempt<T>(execute: Execute, work: (tx: Unlogging) => Promise<T>): Promise<T> {
    const em = this.#em.fork()
    em.setTransactionContext(transactionContext(execute))
    const result = await work(repositories(em, execute))
    await em.flush()
    return result
  }
}

type Unlogging = Omit<Transaction, 'logInvalidation'>

function repositories(em: EntityManager, execute: Execute): Unlogging {
  // Raw SQL does not see what the unit of work still holds back.
  const query = async (sql: string, parameters: readonly unknown[]) => {
    await em.flush()
    return (await execute(sql, parameters)).rows
  }
  return {
    accounts: new MikroAccountRepository(em),
    markets: new MikroMarketRepository(em, query),
    days: new SqlMarketDayRepository(query),
    vendors: new MikroVendorRepository(em, query),
    applications: new MikroApplicationRepository(em, query),
    resets: new SqlPasswordResetRepository(query),
    answers: new SqlKeptAnswers(query),
    views: new SqlViewQueries(query),
  }
}

/** What MikroORM asks of a transaction: to execute a statement that it has compiled. */
function transactionContext(execute: Execute) {
  return {
    executeQuery: async ({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) => {
      refuseNul(sql)
      const { rows, affected } = await execute(sql, parameters)
      return { rows, numAffectedRows: BigInt(affected) }
    },
  }
}
