import { z } from 'zod'
import { application } from './application-views.ts'

export const organizerDashboard = z
  .strictObject({
    organizer_id: z.uuid(),
    markets: z.strictObject({ draft: z.int(), active: z.int(), closed: z.int() }),
    pending_applications: z.int(),
    vendors: z.int().describe('Distinct vendors accepted at any of the organizer’s markets.'),
    recent_applications: z.array(application).describe('The ten newest, newest first.'),
  })
  .meta({ id: 'OrganizerDashboard' })

export type OrganizerDashboard = z.infer<typeof organizerDashboard>
