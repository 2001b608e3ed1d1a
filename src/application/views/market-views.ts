import { z } from 'zod'
import { MARKET_STATUSES } from '../../domain/market.ts'
import { isoTime, page } from './shapes.ts'

export const marketSummary = z
  .strictObject({
    id: z.uuid(),
    slug: z
      .string()
      .describe('The last part of the address of the market’s public page, `/m/{slug}`. Unique.'),
    name: z.string(),
    city: z.string(),
    stall_count: z.int().min(0),
    vendor_count: z.int().min(0).describe('Vendors accepted. Never more than `stall_count`.'),
  })
  .meta({ id: 'MarketSummary' })

export const marketListing = z
  .strictObject({ markets: z.array(marketSummary), ...page })
  .meta({ id: 'MarketList' })

export const marketDetail = z
  .strictObject({
    ...marketSummary.shape,
    description: z.string(),
    status: z.enum(MARKET_STATUSES),
    organizer: z.strictObject({ id: z.uuid(), name: z.string() }),
    vendors: z.array(z.strictObject({ id: z.uuid(), business_name: z.string(), category: z.string() })),
    created_at: isoTime,
    updated_at: isoTime,
  })
  .meta({ id: 'MarketDetail' })

export const marketStats = z
  .strictObject({
    market_id: z.uuid(),
    vendor_count: z.int(),
    pending_applications: z.int(),
    waitlisted_applications: z.int(),
    stall_count: z.int(),
    open_stalls: z.int(),
  })
  .meta({ id: 'MarketStats' })

export type MarketListing = z.infer<typeof marketListing>
export type MarketDetail = z.infer<typeof marketDetail>
export type MarketStats = z.infer<typeof marketStats>
