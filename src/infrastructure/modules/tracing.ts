import { ContainerModule } from 'inversify'
import { CachePort } from '../../application/consistency/ports/cache-port.ts'
import { Transactions } from '../../application/ports/transactions.ts'
import { Snapshots } from '../../application/ports/view-queries.ts'
import { traceCache, traceSnapshots, traceTransactions } from '../tracing/traced-ports.ts'

/** Spans around the ports, whatever is bound to them. Not loaded without a collector: then they are what they are. */
export const tracing = new ContainerModule(({ onActivation }) => {
  onActivation(CachePort, (_, cache) => traceCache(cache))
  onActivation(Snapshots, (_, snapshots) => traceSnapshots(snapshots))
  onActivation(Transactions, (_, transactions) => traceTransactions(transactions))
})
