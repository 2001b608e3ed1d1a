import { z } from 'zod'
import { APPLICATION_STATUSES } from '../../domain/vendor-application.ts'
import { isoTime, page } from './shapes.ts'

export const application = z
  .strictObject({
    id: z.uuid(),
    market_id: z.uuid(),
    market_name: z.string(),
    vendor_id: z.uuid(),
    business_name: z.string(),
    status: z.enum(APPLICATION_STATUSES),
    message: z.string(),
    created_at: isoTime,
    updated_at: isoTime,
  })
  .meta({ id: 'Application' })

export const marketApplications = z
  .strictObject({ applications: z.array(application), ...page })
  .meta({ id: 'ApplicationList' })

export type ApplicationView = z.infer<typeof application>
export type MarketApplications = z.infer<typeof marketApplications>
