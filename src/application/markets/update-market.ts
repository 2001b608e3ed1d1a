import { MarketflowError } from '../../domain/errors.ts'
import type { Listing } from '../../domain/events.ts'
import type { Market, MarketChanges } from '../../domain/market.ts'
import type { Clock } from '../consistency/ports/clock.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { Writes } from '../tables/reads-and-writes.ts'
import type { MarketDetail } from '../views/market-views.ts'
import { assertOrganizes } from './assert-organizes.ts'

/** An organizer edits a market, publishes it, closes it or opens it again. */
export class UpdateMarket {
  readonly #unitOfWork: Writes
  readonly #clock: Clock

  constructor(unitOfWork: Writes, clock: Clock) {
    this.#unitOfWork = unitOfWork
    this.#clock = clock
  }

  /** @throws MarketflowError `market-not-found`, `forbidden`, or `conflict` as `Market.edit` says. */
  execute(id: string, changes: MarketChanges, viewer: Viewer): Promise<MarketDetail> {
    return this.#unitOfWork.run(async (tx, record) => {
      const market = await tx.markets.findForUpdate(id)
      if (market === undefined) throw new MarketflowError('market-not-found')
      assertOrganizes(viewer, market)
      const before = listingOf(market)
      market.edit(changes, new Date(this.#clock.now()))
      const vendorIds = await tx.markets.acceptedVendorIds(market.id)
      const { slug, organizerId } = market
      record({
        type: 'market-edited',
        marketId: market.id,
        slug,
        organizerId,
        before,
        after: listingOf(market),
        vendorIds,
      })
      return (await tx.views.marketDetail(market.id))!.value
    })
  }
}

/** How a market stands in the listings now. */
export function listingOf(market: Market): Listing {
  return { city: market.city, listed: market.status === 'active' }
}
