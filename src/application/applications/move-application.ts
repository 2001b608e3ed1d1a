import { MarketflowError } from '../../domain/errors.ts'
import type { Market } from '../../domain/market.ts'
import type { ApplicationStatus, VendorApplication } from '../../domain/vendor-application.ts'
import { listingOf } from '../markets/update-market.ts'
import type { Transaction } from '../ports/transactions.ts'
import type { RecordEvent } from '../tables/reads-and-writes.ts'

/**
 * What every move of an application shares: lock the market, then the application (all writes lock in that order, so
 * none waits for another in a circle, and simultaneous accepts queue up), let the caller decide, tell what happened.
 * @throws MarketflowError `application-not-found`, and whatever `decide` throws
 */
export async function moveApplication(
  tx: Transaction,
  record: RecordEvent,
  id: string,
  decide: (application: VendorApplication, market: Market) => void,
): Promise<ApplicationStatus> {
  const found = await tx.applications.find(id)
  const market = found && (await tx.markets.findForUpdate(found.marketId))
  const application = await tx.applications.findForUpdate(id)
  if (market === undefined || application === undefined) throw new MarketflowError('application-not-found')
  const from = application.status
  decide(application, market)
  record({
    type: 'application-moved',
    marketId: market.id,
    slug: market.slug,
    vendorId: application.vendorId,
    organizerId: market.organizerId,
    from,
    to: application.status,
    listing: listingOf(market),
  })
  return application.status
}
