import { readdirSync, readFileSync } from 'node:fs'
import { URLS_PER_SITEMAP } from '../../../application/pages/page-reads.ts'
import { PageRenderer } from '../../../application/ports/page-renderer.ts'
import type {
  MarketCalendar,
  MarketPage,
  MarketsPage,
  SitemapIndex,
  SitemapPart,
  VendorPage,
  VendorsPage,
} from '../../../application/views/views.ts'
import { digest } from './assets.ts'
import { calendarText } from './calendar.ts'
import { marketTemplate } from './market-template.ts'
import { marketsTemplate } from './markets-template.ts'
import { sitemapIndexTemplate, sitemapPartTemplate } from './sitemap-template.ts'
import { vendorsTemplate, vendorTemplate } from './vendor-templates.ts'

/** Renders the public pages as HTML, and the sitemap as XML. */
export class HtmlPages extends PageRenderer {
  readonly version: string
  readonly #origin: string

  /** `publicUrl`: where the service is found from outside. Without it, pages name no address of their own. */
  constructor(publicUrl: string | undefined) {
    super()
    this.#origin = publicUrl ?? ''
    this.version = digest(...ownSource(), this.#origin)
  }

  market(page: MarketPage): string {
    return marketTemplate(page, this.#origin)
  }

  calendar(calendar: MarketCalendar): string {
    return calendarText(calendar, this.#origin)
  }

  markets(page: MarketsPage): string {
    return marketsTemplate(page, this.#origin)
  }

  vendor(vendor: VendorPage): string {
    return vendorTemplate(vendor, this.#origin)
  }

  vendors(page: VendorsPage): string {
    return vendorsTemplate(page, this.#origin)
  }

  sitemapIndex(index: SitemapIndex): string {
    return sitemapIndexTemplate(index, URLS_PER_SITEMAP, this.#origin)
  }

  sitemapPart(part: SitemapPart): string {
    return sitemapPartTemplate(part, this.#origin)
  }
}

/** All that makes the text: these files, and the versions of what they import. */
function ownSource(): Buffer[] {
  const files = readdirSync(import.meta.dirname).sort()
  const packages = new URL('../../../../package.json', import.meta.url)
  return [...files.map((file) => readFileSync(new URL(file, import.meta.url))), readFileSync(packages)]
}
