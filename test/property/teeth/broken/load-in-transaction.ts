import type { CachePort } from '../../../../src/application/consistency/ports/cache-port.ts'
import { type Parts, PRODUCTION } from '../../interleaving/simulation/instance.ts'
import {
  type DatabaseLink,
  SimQueries,
  SimSnapshots,
  SimTransactions,
  type SimTx,
} from '../../interleaving/simulation/sim-database.ts'

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
  readonly link: DatabaseLink
  snapshot: ReadonlyMap<string, number> | undefined

  constructor(link: DatabaseLink) {
    super(link)
    this.link = link
  }

  override run<T>(work: (tx: SimTx) => Promise<T>): Promise<T> {
    return super.run(async (tx) => {
      const mine = await this.link.ask('write', 'BEGIN', (database) => new Map(database.versions))
      this.snapshot = mine
      try {
        return await work(tx)
      } finally {
        if (this.snapshot === mine) this.snapshot = undefined
      }
    })
  }
}

class InTransaction extends SimSnapshots {
  readonly #transactions: OpenToLoads
  readonly #production: SimSnapshots

  constructor(transactions: OpenToLoads, production: SimSnapshots) {
    super(transactions.link)
    this.#transactions = transactions
    this.#production = production
  }

  override read<T>(queries: (views: SimQueries) => Promise<T>): Promise<T> {
    const { snapshot } = this.#transactions
    if (snapshot === undefined) return this.#production.read(queries)
    return queries(new SimQueries(snapshot))
  }
}
