import type {
  MarketCalendar,
  MarketPage,
  MarketsPage,
  SitemapIndex,
  SitemapPart,
  VendorPage,
  VendorsPage,
} from '../views/views.ts'

/**
 * Makes the text of the public pages. Everybody gets what was made once, so it is made of the view and of what this
 * release always says; nothing of a request may enter.
 */
export abstract class PageRenderer {
  /** Changes with everything that the text is made of beside the view: templates, stylesheet, public address. */
  abstract readonly version: string
  abstract market(page: MarketPage): string
  /** A market's days, as iCalendar has them (RFC 5545). */
  abstract calendar(calendar: MarketCalendar): string
  abstract markets(page: MarketsPage): string
  abstract vendor(vendor: VendorPage): string
  abstract vendors(page: VendorsPage): string
  abstract sitemapIndex(index: SitemapIndex): string
  abstract sitemapPart(part: SitemapPart): string
}
