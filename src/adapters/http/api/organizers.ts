import { get } from '../kit/api-route.ts'
import { APPLICATION } from './applications.ts'
import { ORGANIZER_ID } from './examples.ts'

export const ORGANIZER_ROUTES = [
  get('/organizers/:id/dashboard', 'getOrganizerDashboard', {
    tag: 'Organizers',
    summary: 'Get an organizer’s numbers and newest applications',
    description: 'For that organizer.',
    answer: 'The dashboard.',
    example: {
      organizer_id: ORGANIZER_ID,
      markets: { draft: 1, active: 1, closed: 0 },
      pending_applications: 3,
      vendors: 1,
      recent_applications: [APPLICATION],
    },
  }),
]
