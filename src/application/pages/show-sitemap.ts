import { MarketflowError } from '../../domain/errors.ts'
import type { Reading } from '../consistency/reading.ts'
import type { PageRenderer } from '../ports/page-renderer.ts'
import type { Reads } from '../tables/reads-and-writes.ts'
import { type RenderedViews, renderedViews } from './rendered-views.ts'

/** What search engines are told of: the active markets in parts, and an index of the parts. */
export class ShowSitemap {
  readonly #reads: Reads
  readonly #views: RenderedViews

  constructor(reads: Reads, renderer: PageRenderer) {
    this.#reads = reads
    this.#views = renderedViews(renderer)
  }

  /**
   * Without a part, the index.
   * @throws MarketflowError `route-not-found` for a part after the last
   */
  async execute(part?: number): Promise<Reading<unknown>> {
    if (part === undefined) return this.#reads.read(this.#views.sitemapIndex, {})
    const reading = await this.#reads.read(this.#views.sitemapPart, { part })
    if (!reading.exists) throw new MarketflowError('route-not-found')
    return reading
  }
}
