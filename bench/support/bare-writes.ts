import { DrainLoop } from '../../src/application/consistency/drain-loop.ts'
import { Clock } from '../../src/application/consistency/ports/clock.ts'
import { InvalidationLog } from '../../src/application/consistency/ports/invalidation-log.ts'
import { UnitOfWork } from '../../src/application/consistency/unit-of-work.ts'
import { type Confirmed, WriteConfirmation } from '../../src/application/consistency/write-confirmation.ts'
import { type Transaction, Transactions } from '../../src/application/ports/transactions.ts'
import { tagsOf } from '../../src/application/tables/event-tags.ts'
import type { Writes } from '../../src/application/tables/reads-and-writes.ts'
import type { Core } from '../../src/infrastructure/core.ts'

/** Answers without waiting: what a write costs that invalidates nothing. */
export class AtOnce extends WriteConfirmation {
  override async confirm(): Promise<Confirmed> {
    return { confirmation: 'invalidated' }
  }
}

/** The same transactions without the log's row. */
export class Unlogged extends Transactions {
  readonly #transactions: Transactions

  constructor(transactions: Transactions) {
    super()
    this.#transactions = transactions
  }

  run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#transactions.run((tx) => work({ ...tx, logInvalidation: async () => '0' }))
  }

  look<T>(work: (tx: Pick<Transaction, 'accounts' | 'resets'>) => Promise<T>): Promise<T> {
    return this.#transactions.look(work)
  }
}

/** The same writes as everybody's, answered when COMMIT has returned. */
export async function bareWrites({ container }: Core): Promise<Writes> {
  const [transactions, log, loop, clock] = await Promise.all([
    container.getAsync(Transactions),
    container.getAsync(InvalidationLog),
    container.getAsync(DrainLoop),
    container.getAsync(Clock),
  ])
  const atOnce = new AtOnce(log, loop, clock, 1000)
  return new UnitOfWork(new Unlogged(transactions), tagsOf, atOnce, clock, () => {})
}
