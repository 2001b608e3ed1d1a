import { ContainerModule } from 'inversify'
import type { Database } from '../../adapters/postgres/database.ts'
import { InvalidationLog } from '../../application/consistency/ports/invalidation-log.ts'
import { Transactions } from '../../application/ports/transactions.ts'
import { Snapshots } from '../../application/ports/view-queries.ts'
import { DatabaseState } from '../observability/database-state.ts'

/** An open database, as the ports see it, and how it is. */
export const persistence = (database: Database, state: DatabaseState) =>
  new ContainerModule(({ bind }) => {
    bind(Transactions).toConstantValue(database.transactions)
    bind(Snapshots).toConstantValue(database.snapshots)
    bind(DatabaseState).toConstantValue(state)
    bind(InvalidationLog).toConstantValue(database.invalidationLog)
  })
