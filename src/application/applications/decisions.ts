import { MarketflowError } from '../../domain/errors.ts'
import type { Market } from '../../domain/market.ts'
import type { ApplicationStatus, VendorApplication } from '../../domain/vendor-application.ts'
import { assertOrganizes, listingOf } from '../markets/update-market.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import { now, type Writing } from '../use-case/use-case.ts'

/** @throws MarketflowError whatever forbids it */
type Decide = (application: VendorApplication, market: Market, viewer: Viewer, now: Date) => void

/**
 * What every move of an application shares: lock the market, then the application (all writes lock in that order, so
 * none waits for another in a circle, and simultaneous accepts queue up), decide, tell what happened. It answers the
 * new status, and throws MarketflowError `application-not-found` beside what `decide` throws.
 */
function decision(decide: Decide) {
  return (needs: Writing) =>
    (id: string, viewer: Viewer): Promise<ApplicationStatus> =>
      needs.writes.run(async (tx, record) => {
        const found = await tx.applications.find(id)
        const market = found && (await tx.markets.findForUpdate(found.marketId))
        const application = await tx.applications.findForUpdate(id)
        if (market === undefined || application === undefined)
          throw new MarketflowError('application-not-found')
        const from = application.status
        decide(application, market, viewer, now(needs))
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
      })
}

/** An organizer gives a vendor a stall. Simultaneous accepts never pass the stall count. */
export const AcceptApplication = decision((application, market, viewer, now) => {
  assertOrganizes(viewer, market)
  application.accept(market, now)
})

/** An organizer turns a vendor down. */
export const RejectApplication = decision((application, market, viewer, now) => {
  assertOrganizes(viewer, market)
  application.reject(now)
})

/** An organizer keeps a vendor waiting for a stall. */
export const WaitlistApplication = decision((application, market, viewer, now) => {
  assertOrganizes(viewer, market)
  application.waitlist(now)
})

/** A vendor takes a request back; if it was accepted, its stall is free again. */
export const WithdrawApplication = decision((application, market, viewer, now) => {
  if (application.vendorId !== viewer.vendorId) throw new MarketflowError('forbidden')
  application.withdraw(market, now)
})
