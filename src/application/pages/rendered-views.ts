import { rendered } from '../consistency/rendered.ts'
import type { PageRenderer } from '../ports/page-renderer.ts'
import { VIEWS } from '../tables/view-table.ts'

/** The views of the public pages, as the texts that are cached. */
export function renderedViews(renderer: PageRenderer) {
  const { version } = renderer
  return {
    market: rendered(VIEWS.marketPage, version, (page) => renderer.market(page)),
    markets: rendered(VIEWS.marketsPage, version, (page) => renderer.markets(page)),
    sitemapIndex: rendered(VIEWS.sitemapIndex, version, (index) => renderer.sitemapIndex(index)),
    sitemapPart: rendered(VIEWS.sitemapPart, version, (part) => renderer.sitemapPart(part)),
  }
}

export type RenderedViews = ReturnType<typeof renderedViews>
