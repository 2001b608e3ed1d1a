import { ContainerModule } from 'inversify'
import type { Database } from '../../adapters/postgres/database.ts'
import { InvalidationLog } from '../../application/consistency/ports/invalidation-log.ts'
import { Transactions } from '../../application/ports/transactions.ts'
import { Snapshots } from '../../application/ports/view-queries.ts'

/** An open database, as the ports see it. */
export const persistence = (database: Database) =>
  new ContainerModule(({ bind }) => {
    bind(Transactions).toConstantValue(database.transactions)
    bind(Snapshots).toConstantValue(database.snapshots)
    bind(InvalidationLog).toConstantValue(database.invalidationLog)
  })
