import type { DrainLoop } from '../../application/consistency/drain-loop.ts'
import type { WriteConfirmation } from '../../application/consistency/write-confirmation.ts'
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

  look<T>(work: (tx: Pick<Transaction, 'accounts'>) => Promise<T>): Promise<T> {
    return inSpan('look-up', {}, () => this.#transactions.look(work))
  }
}

/** How long a write waits after its commit and for what, and its wait for the loop's next drain. */
export function traceProtocol({ confirmation, loop }: Protocol): void {
  const confirm = confirmation.confirm.bind(confirmation)
  confirmation.confirm = (rowId, tags, committedAt) =>
    inSpan('confirm write', { 'marketflow.write.tags': [...tags] }, async (learn) => {
      const how = await confirm(rowId, tags, committedAt)
      learn({ 'marketflow.write.confirmation': how })
      return how
    })
  // The drain itself serves many writes, and is in no trace of theirs.
  const next = loop.next.bind(loop)
  loop.next = (rowId) =>
    inSpan('drain', {}, async (learn) => {
      const outcome = await next(rowId)
      learn({ 'marketflow.drain.invalidated': outcome.invalidated })
      learn({ 'marketflow.drain.rows': outcome.found })
      return outcome
    })
}

interface Protocol {
  readonly confirmation: WriteConfirmation
  readonly loop: DrainLoop
}
