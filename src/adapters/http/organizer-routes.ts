import type { Access } from './access.ts'
import { pathId } from './path-id.ts'
import type { Route } from './routes.ts'
import { sendReading } from './send-reading.ts'
import type { UseCases } from './use-cases.ts'

export function organizerRoutes(useCases: UseCases, access: Access): Route[] {
  return [
    {
      method: 'GET',
      path: '/organizers/:id/dashboard',
      async handle(req, res) {
        const viewer = await access.organizer(req)
        const id = pathId(req, 'organizer-not-found')
        sendReading(req, res, await useCases.getOrganizerDashboard.execute(id, viewer), 'by-account')
      },
    },
  ]
}
