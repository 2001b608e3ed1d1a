import { z } from 'zod'
import { MARKET_STATUSES } from '../../domain/market.ts'

const marketName = { id: z.uuid(), name: z.string(), city: z.string() }

export const vendorProfile = z
  .strictObject({
    id: z.uuid(),
    business_name: z.string(),
    category: z.string(),
    description: z.string(),
    website: z.string(),
    markets: z
      .array(z.strictObject(marketName))
      .describe('Active markets that accepted it, by name then id.'),
  })
  .meta({ id: 'VendorProfile' })

export const vendorDashboard = z
  .strictObject({
    vendor_id: z.uuid(),
    applications: z.strictObject({
      pending: z.int(),
      waitlisted: z.int(),
      accepted: z.int(),
      rejected: z.int(),
      withdrawn: z.int(),
    }),
    markets: z
      .array(z.strictObject({ ...marketName, status: z.enum(MARKET_STATUSES) }))
      .describe('Every market that accepted it, whatever its status, by name then id.'),
  })
  .meta({ id: 'VendorDashboard' })

export type VendorProfile = z.infer<typeof vendorProfile>
export type VendorDashboard = z.infer<typeof vendorDashboard>
