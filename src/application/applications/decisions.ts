import { MarketflowError } from '../../domain/errors.ts'
import type { DomainEvent } from '../../domain/events.ts'
import type { Market } from '../../domain/market.ts'
import type { ApplicationStatus, VendorApplication } from '../../domain/vendor-application.ts'
import { assertOrganizes, listingOf } from '../markets/update-market.ts'
import type { Once } from '../ports/repositories.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { Transaction } from '../ports/transactions.ts'
import { ENOUGH_IDS } from '../tables/tags.ts'
import { runOnce } from '../use-case/once.ts'
import { assertSeen, type Seen } from '../use-case/precondition.ts'
import { now, type Writing } from '../use-case/use-case.ts'
import type { ApplicationDetail } from '../views/views.ts'
import { GetApplication } from './application-reads.ts'

/** @throws MarketflowError whatever forbids it */
type Decide<More extends unknown[]> = (
  application: VendorApplication,
  market: Market,
  now: Date,
  ...more: More
) => void

interface Conditions {
  readonly seen?: Seen
  readonly once?: Once | undefined
}

/**
 * What every move of an application shares: lock the market, then the application (all writes lock in that order, so
 * none waits for another in a circle, and simultaneous accepts queue up), look whose move it is and whether it has seen
 * what it moves, decide, tell what happened. It answers the application as that side sees it, and throws MarketflowError
 * `application-not-found`, `forbidden`, `precondition-failed` and `idempotency-key-reused` beside what `decide` throws.
 */
function move<More extends unknown[] = []>(side: Viewer['role'], decide: Decide<More>) {
  return (needs: Writing) =>
    (
      id: string,
      viewer: Viewer,
      { seen, once }: Conditions = {},
      ...more: More
    ): Promise<ApplicationDetail> =>
      runOnce(needs.writes, once, async (tx, record) => {
        const found = await tx.applications.find(id)
        const market = found && (await tx.markets.findForUpdate(found.marketId))
        const application = await tx.applications.findForUpdate(id)
        if (market === undefined || application === undefined)
          throw new MarketflowError('application-not-found')
        if (side === 'organizer') assertOrganizes(viewer, market)
        else if (application.vendorId !== viewer.vendorId) throw new MarketflowError('forbidden')
        await assertSeen(seen, GetApplication.view, tx.views, { id: application.id, side })
        const { status: from } = application
        decide(application, market, now(needs), ...more)
        record(await moved(tx, application, market, from))
        return (await tx.views.applicationDetail({ id: application.id, side }))!.value
      })
}

/** What is told of an application that has just been moved; its market is locked. */
export async function moved(
  tx: Transaction,
  { id, vendorId, status: to }: VendorApplication,
  market: Market,
  from: ApplicationStatus,
): Promise<DomainEvent> {
  const waits = from === 'waitlisted' || to === 'waitlisted'
  return {
    type: 'application-moved',
    applicationId: id,
    marketId: market.id,
    slug: market.slug,
    vendorId,
    organizerId: market.organizerId,
    from,
    to,
    listing: listingOf(market),
    waiting: waits ? await tx.applications.waitingAt(market.id, ENOUGH_IDS) : [],
  }
}

/** An organizer gives a vendor a stall. Simultaneous accepts never pass the stall count. */
export const AcceptApplication = move('organizer', (application, market, now) =>
  application.accept(market, now),
)

/** An organizer turns a vendor down. */
export const RejectApplication = move('organizer', (application, _, now) => application.reject(now))

/** An organizer keeps a vendor waiting for a stall. */
export const WaitlistApplication = move('organizer', (application, _, now) => application.waitlist(now))

/** An organizer lets a vendor go that was accepted, and says why; its stall is free again. */
export const RemoveVendor = move('organizer', (application, market, now, reason: string) =>
  application.remove(market, reason, now),
)

/** A vendor takes a request back; if it was accepted, its stall is free again. */
export const WithdrawApplication = move('vendor', (application, market, now) =>
  application.withdraw(market, now),
)
