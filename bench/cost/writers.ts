import { DrainLoop } from '../../src/application/consistency/drain-loop.ts'
import { Clock } from '../../src/application/consistency/ports/clock.ts'
import { InvalidationLog } from '../../src/application/consistency/ports/invalidation-log.ts'
import { UnitOfWork } from '../../src/application/consistency/unit-of-work.ts'
import { UpdateMarket } from '../../src/application/markets/update-market.ts'
import { Transactions } from '../../src/application/ports/transactions.ts'
import { tagsOf } from '../../src/application/tables/event-tags.ts'
import type { Application } from '../../src/application/use-cases.ts'
import type { Core } from '../../src/infrastructure/core.ts'
import { serviceOf } from '../../src/infrastructure/modules/use-cases.ts'
import { AtOnce, Unlogged } from '../support/bare-writes.ts'

/** The same write with the whole protocol, with the log's row alone, and with neither. */
export interface Writers {
  readonly whole: Application['updateMarket']
  readonly logOnly: Application['updateMarket']
  readonly bare: Application['updateMarket']
}

export async function writersOf({ container }: Core, leaseMs: number): Promise<Writers> {
  const [log, loop, clock, transactions] = await Promise.all([
    container.getAsync(InvalidationLog),
    container.getAsync(DrainLoop),
    container.getAsync(Clock),
    container.getAsync(Transactions),
  ])
  const atOnce = new AtOnce(log, loop, clock, leaseMs)
  const writer = (transactions: Transactions) =>
    UpdateMarket({ writes: new UnitOfWork(transactions, tagsOf, atOnce, clock, () => {}), clock })
  return {
    whole: await container.getAsync(serviceOf(UpdateMarket)),
    logOnly: writer(transactions),
    bare: writer(new Unlogged(transactions)),
  }
}
