import { organizerDashboard } from '../../application/views/organizer-views.ts'
import type { Access } from './access.ts'
import { ORGANIZER_DASHBOARD } from './openapi/examples.ts'
import { cached } from './openapi/operation.ts'
import { pathId } from './path-id.ts'
import type { Route } from './routes.ts'
import { sendReading } from './send-reading.ts'
import type { UseCases } from './use-cases.ts'

export function organizerRoutes(useCases: UseCases, access: Access): Route[] {
  return [
    {
      method: 'GET',
      path: '/organizers/:id/dashboard',
      operation: {
        id: 'getOrganizerDashboard',
        tag: 'Organizers',
        summary: 'Get an organizer’s numbers and newest applications',
        description: 'For that organizer.',
        token: 'organizer',
        answers: cached('The dashboard.', organizerDashboard, ORGANIZER_DASHBOARD, 'by-account'),
        errors: ['organizer-not-found'],
      },
      async handle(req, res) {
        const viewer = await access.organizer(req)
        const id = pathId(req, 'organizer-not-found')
        sendReading(req, res, await useCases.getOrganizerDashboard.execute(id, viewer), 'by-account')
      },
    },
  ]
}
