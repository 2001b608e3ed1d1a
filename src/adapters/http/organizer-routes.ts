import { organizerDashboard } from '../../application/views/organizer-views.ts'
import type { Access } from './access.ts'
import type { CachedReads } from './cached-reads.ts'
import { ORGANIZER_DASHBOARD } from './openapi/examples.ts'
import { cached } from './openapi/operation.ts'
import { pathId } from './path-id.ts'
import type { Route } from './routes.ts'
import type { UseCases } from './use-cases.ts'

export function organizerRoutes(useCases: UseCases, access: Access, reads: CachedReads): Route[] {
  return [
    reads.route({
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
      audience: 'by-account',
      admit: (req) => access.organizer(req),
      question(req) {
        const id = pathId(req, 'organizer-not-found')
        return (viewer) => useCases.getOrganizerDashboard.execute(id, viewer)
      },
    }),
  ]
}
