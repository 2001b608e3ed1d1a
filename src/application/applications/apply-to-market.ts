import { MarketflowError } from '../../domain/errors.ts'
import { VendorApplication } from '../../domain/vendor-application.ts'
import type { Once } from '../ports/repositories.ts'
import { runOnce } from '../use-case/once.ts'
import { type Dependencies, now, type Writing } from '../use-case/use-case.ts'
import type { ApplicationDetail } from '../views/views.ts'

/**
 * A vendor asks an active market for a stall.
 * @throws MarketflowError `market-not-found`, `market-not-active`, `market-unclaimed`, `idempotency-key-reused`, or `already-applied` while one of its applications is live there;
 * `unauthenticated` when the vendor is gone.
 */
export const ApplyToMarket =
  (needs: Writing & Pick<Dependencies, 'random'>) =>
  (marketId: string, vendorId: string, message: string, once?: Once): Promise<ApplicationDetail> =>
    runOnce(needs.writes, once, async (tx, record) => {
      const market = await tx.markets.findForUpdate(marketId)
      if (market === undefined || market.status === 'draft') throw new MarketflowError('market-not-found')
      market.assertTakesApplications()
      if (await tx.applications.liveExists(market.id, vendorId)) {
        throw new MarketflowError('already-applied')
      }
      const id = needs.random.uuid()
      const props = { id, marketId: market.id, vendorId, message, createdAt: now(needs) }
      tx.applications.add(new VendorApplication(props))
      record({
        type: 'application-submitted',
        applicationId: id,
        marketId: market.id,
        vendorId,
        organizerId: market.organizerId,
      })
      const made = await tx.views.applicationDetail({ id, side: 'vendor' })
      // The vendor may have left a moment ago.
      if (made === undefined) throw new MarketflowError('unauthenticated')
      return made.value
    })
