import { normalizeCity } from '../../domain/market.ts'
import type { Reading } from '../consistency/reading.ts'
import type { ListingParams } from '../ports/view-queries.ts'
import type { Reads } from '../tables/reads-and-writes.ts'
import { VIEWS } from '../tables/view-table.ts'
import type { MarketListing } from '../views/market-views.ts'

/** The public list of active markets, by name then id. A blank city means all. */
export class ListMarkets {
  readonly #views: Reads

  constructor(views: Reads) {
    this.#views = views
  }

  execute({ page, pageSize, city = '' }: ListingParams): Promise<Reading<MarketListing>> {
    const wanted = normalizeCity(city)
    return this.#views.read(
      VIEWS.marketListing,
      wanted === '' ? { page, pageSize } : { page, pageSize, city: wanted },
    )
  }
}
