import { MarketflowError } from '../../domain/errors.ts'
import type { Reading } from '../consistency/reading.ts'
import type { PageRenderer } from '../ports/page-renderer.ts'
import type { Reads } from '../tables/reads-and-writes.ts'
import type { MarketPage } from '../views/page-views.ts'
import { type RenderedViews, renderedViews } from './rendered-views.ts'

/** The public page of one market, as text. A draft has none, for no reader: its organizer reads the API. */
export class ShowMarket {
  readonly #reads: Reads
  readonly #views: RenderedViews

  constructor(reads: Reads, renderer: PageRenderer) {
    this.#reads = reads
    this.#views = renderedViews(renderer)
  }

  /** @throws MarketflowError `market-not-found` */
  async execute(slug: string): Promise<Reading<MarketPage>> {
    const reading = await this.#reads.read(this.#views.market, { slug })
    if (!reading.exists) throw new MarketflowError('market-not-found')
    return reading
  }
}
