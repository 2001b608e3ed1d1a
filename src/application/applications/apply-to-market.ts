import { MarketflowError } from '../../domain/errors.ts'
import { VendorApplication } from '../../domain/vendor-application.ts'
import type { Clock } from '../consistency/ports/clock.ts'
import type { Random } from '../consistency/ports/random.ts'
import type { Writes } from '../tables/reads-and-writes.ts'
import type { ApplicationView } from '../views/application-views.ts'

/** A vendor asks an active market for a stall. */
export class ApplyToMarket {
  readonly #unitOfWork: Writes
  readonly #clock: Clock
  readonly #random: Random

  constructor(unitOfWork: Writes, clock: Clock, random: Random) {
    this.#unitOfWork = unitOfWork
    this.#clock = clock
    this.#random = random
  }

  /** @throws MarketflowError `market-not-found`; `conflict` when not active, or one of its applications is live there. */
  execute(marketId: string, vendorId: string, message: string): Promise<ApplicationView> {
    return this.#unitOfWork.run(async (tx, record) => {
      const market = await tx.markets.findForUpdate(marketId)
      if (market === undefined || market.status === 'draft') throw new MarketflowError('market-not-found')
      market.assertTakesApplications()
      if (await tx.applications.liveExists(market.id, vendorId)) {
        throw new MarketflowError('conflict', 'This vendor already has a live application at this market')
      }
      const id = this.#random.uuid()
      const createdAt = new Date(this.#clock.now())
      tx.applications.add(new VendorApplication({ id, marketId: market.id, vendorId, message, createdAt }))
      record({
        type: 'application-submitted',
        marketId: market.id,
        vendorId,
        organizerId: market.organizerId,
      })
      return (await tx.views.application(id))!
    })
  }
}
