import { MarketflowError } from '../../domain/errors.ts'
import { normalizeCity } from '../../domain/market.ts'
import type { Reading } from '../consistency/reading.ts'
import type { PageRenderer } from '../ports/page-renderer.ts'
import type { PageParams } from '../ports/view-queries.ts'
import type { Reads } from '../tables/reads-and-writes.ts'
import type { MarketsPage } from '../views/page-views.ts'
import { type RenderedViews, renderedViews } from './rendered-views.ts'

/** The public list of markets, as text. A blank city means all. */
export class BrowseMarkets {
  readonly #reads: Reads
  readonly #views: RenderedViews

  constructor(reads: Reads, renderer: PageRenderer) {
    this.#reads = reads
    this.#views = renderedViews(renderer)
  }

  /** @throws MarketflowError `route-not-found` for a page after the last. The first may be empty. */
  async execute({ page, city = '' }: PageParams): Promise<Reading<MarketsPage>> {
    const wanted = normalizeCity(city)
    const params = wanted === '' ? { page } : { page, city: wanted }
    const reading = await this.#reads.read(this.#views.markets, params)
    if (!reading.exists) throw new MarketflowError('route-not-found')
    return reading
  }
}
