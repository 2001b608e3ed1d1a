import { ListMarkets } from '../../src/application/markets/market-reads.ts'
import { listingOf } from '../../src/application/markets/update-market.ts'
import type { Writes } from '../../src/application/tables/reads-and-writes.ts'
import type { Seen } from './judge.ts'
import { MARKETS } from './plan.ts'

export const LISTING = { page: 1, pageSize: MARKETS }

/**
 * Makes a market's next version: one stall more, counted under the row's lock, so that versions grow in the order of
 * the commits. Otherwise it is what `UpdateMarket` does, through the only way to write.
 */
export function commitNextVersion(writes: Writes, id: string): Promise<number> {
  return writes.run(async (tx, record) => {
    const market = await tx.markets.findForUpdate(id)
    if (market === undefined) throw new Error(`There is no market ${id}`)
    const before = listingOf(market)
    market.edit({ stallCount: market.stallCount + 1 }, new Date())
    const { slug, organizerId, stallCount } = market
    const others = { vendorIds: [], applications: [] }
    record({ type: 'market-edited', marketId: id, slug, organizerId, before, after: before, ...others })
    return stallCount
  })
}

/** The versions in a market's or the listing's JSON. */
export class Reader {
  readonly #numbers: ReadonlyMap<string, number>

  constructor(marketIds: readonly string[]) {
    this.#numbers = new Map(marketIds.map((id, number) => [id, number]))
  }

  market(json: string): Seen[] {
    return [this.#seen(JSON.parse(json))]
  }

  listing(json: string): Seen[] {
    const { markets } = ListMarkets.view.schema.parse(JSON.parse(json))
    return markets.map((market) => this.#seen(market))
  }

  #seen({ id, stall_count }: { id: string; stall_count: number | null }): Seen {
    return { market: this.#numbers.get(id)!, version: stall_count! }
  }
}
