import type { CachePort } from '../../../../src/application/consistency/ports/cache-port.ts'
import type { Transaction } from '../../../../src/application/ports/transactions.ts'
import { Snapshots, type ViewQueries } from '../../../../src/application/ports/view-queries.ts'
import { type Parts, PRODUCTION } from '../../interleaving/simulation/instance.ts'
import { type DatabaseLink, SimQueries, SimTransactions } from '../../interleaving/simulation/sim-database.ts'

/** A load that finds a write transaction open in its process uses it, and sees what was there when that began. */
export const LOADS_IN_TRANSACTION: Partial<Parts> = {
  transactions: (link, cache) => {
    const transactions = new OpenToLoads(link)
    OF_INSTANCE.set(cache, transactions)
    return transactions
  },
  readThrough: (context) => {
    const snapshots = new InTransaction(OF_INSTANCE.get(context.cache)!, context.snapshots)
    return PRODUCTION.readThrough({ ...context, snapshots })
  },
}

/** The parts of one instance meet at its cache. */
const OF_INSTANCE = new WeakMap<CachePort, OpenToLoads>()

class OpenToLoads extends SimTransactions {
  readonly #link: DatabaseLink
  snapshot: ReadonlyMap<string, number> | undefined

  constructor(link: DatabaseLink) {
    super(link)
    this.#link = link
  }

  override run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return super.run(async (tx) => {
      const mine = await this.#link.ask('write', 'BEGIN', (database) => new Map(database.versions))
      this.snapshot = mine
      try {
        return await work(tx)
      } finally {
        if (this.snapshot === mine) this.snapshot = undefined
      }
    })
  }
}

class InTransaction extends Snapshots {
  readonly #transactions: OpenToLoads
  readonly #production: Snapshots

  constructor(transactions: OpenToLoads, production: Snapshots) {
    super()
    this.#transactions = transactions
    this.#production = production
  }

  read<T>(queries: (views: ViewQueries) => Promise<T>): Promise<T> {
    const { snapshot } = this.#transactions
    if (snapshot === undefined) return this.#production.read(queries)
    return queries(new SimQueries(snapshot) as unknown as ViewQueries)
  }
}
