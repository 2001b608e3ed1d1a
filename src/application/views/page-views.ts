import { z } from 'zod'
import { marketSummary } from './market-views.ts'
import { page } from './shapes.ts'

/** All that the public page of a market shows. A draft has no page; a closed market's says so. */
export const marketPage = z.strictObject({
  slug: z.string(),
  name: z.string(),
  city: z.string(),
  description: z.string(),
  status: z.enum(['active', 'closed']),
  stall_count: z.int().min(0),
  vendor_count: z.int().min(0),
  /** The organizer's name. */
  organizer: z.string(),
  /** The accepted ones, by name then id. */
  vendors: z.array(
    z.strictObject({
      business_name: z.string(),
      category: z.string(),
      description: z.string(),
      website: z.string(),
    }),
  ),
})

/** A page of the public list; `city` as `normalizeCity` gives it, null for all cities. */
export const marketsPage = z.strictObject({
  markets: z.array(marketSummary),
  ...page,
  city: z.string().nullable(),
})

/** The slugs of active markets, a part of them at a time. */
export const sitemapPart = z.strictObject({ slugs: z.array(z.string()) })

/** How many active markets the parts of the sitemap have to cover. */
export const sitemapIndex = z.strictObject({ total: page.total })

export type MarketPage = z.infer<typeof marketPage>
export type MarketsPage = z.infer<typeof marketsPage>
export type SitemapPart = z.infer<typeof sitemapPart>
export type SitemapIndex = z.infer<typeof sitemapIndex>
