import { ContainerModule } from 'inversify'
import { CachePort } from '../../application/consistency/ports/cache-port.ts'
import { Transactions } from '../../application/ports/transactions.ts'
import { Snapshots } from '../../application/ports/view-queries.ts'
import { TracedCache } from '../tracing/traced-cache.ts'
import { TracedSnapshots, TracedTransactions } from '../tracing/traced-protocol.ts'

/** Spans around the ports, whatever is bound to them. Not loaded without a collector: then nothing is in between. */
export const tracing = new ContainerModule(({ onActivation }) => {
  onActivation(CachePort, (_, cache) => new TracedCache(cache))
  onActivation(Snapshots, (_, snapshots) => new TracedSnapshots(snapshots))
  onActivation(Transactions, (_, transactions) => new TracedTransactions(transactions))
})
