import type { DrainOutcome } from '../../application/consistency/drain.ts'
import { DrainLoop } from '../../application/consistency/drain-loop.ts'
import { type Confirmation, WriteConfirmation } from '../../application/consistency/write-confirmation.ts'
import { type Transaction, Transactions } from '../../application/ports/transactions.ts'
import { Snapshots, type ViewQueries } from '../../application/ports/view-queries.ts'
import { inSpan } from './spans.ts'

export class TracedSnapshots extends Snapshots {
  readonly #snapshots: Snapshots

  constructor(snapshots: Snapshots) {
    super()
    this.#snapshots = snapshots
  }

  read<T>(queries: (views: ViewQueries) => Promise<T>): Promise<T> {
    return inSpan('load', {}, () => this.#snapshots.read(queries))
  }
}

export class TracedTransactions extends Transactions {
  readonly #transactions: Transactions

  constructor(transactions: Transactions) {
    super()
    this.#transactions = transactions
  }

  run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return inSpan('transaction', {}, () => this.#transactions.run(work))
  }
}

/** How long a write waits after its commit, and for what. */
export class TracedConfirmation extends WriteConfirmation {
  override confirm(rowId: string, tags: readonly string[], committedAt: number): Promise<Confirmation> {
    return inSpan('confirm write', { 'marketflow.write.tags': [...tags] }, async (learn) => {
      const confirmation = await super.confirm(rowId, tags, committedAt)
      learn({ 'marketflow.write.confirmation': confirmation })
      return confirmation
    })
  }
}

/** A write's wait for the loop's next drain. The drain itself serves many writes, and is in nobody's trace. */
export class TracedDrainLoop extends DrainLoop {
  override next(): Promise<DrainOutcome> {
    return inSpan('drain', {}, async (learn) => {
      const outcome = await super.next()
      learn({ 'marketflow.drain.invalidated': outcome.invalidated })
      if (outcome.selected !== undefined) learn({ 'marketflow.drain.rows': outcome.selected.size })
      return outcome
    })
  }
}
