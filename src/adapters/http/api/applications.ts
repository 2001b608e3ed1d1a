import { z } from 'zod'
import { type ApplicationView, application } from '../../../application/views/views.ts'
import {
  APPLICATION_STATUSES,
  type ApplicationStatus,
  LONGEST_MESSAGE,
} from '../../../domain/vendor-application.ts'
import { get, post } from '../kit/api-route.ts'
import { json } from '../kit/operation.ts'
import { body, paging, prose } from '../kit/text-schemas.ts'
import { HOLLYWOOD, ORGANIZER_ID, VENDOR_ID } from './examples.ts'

const statusError = `expected one of ${APPLICATION_STATUSES.join(', ')}, given once`

const applicationsQuery = z
  .strictObject({ ...paging, status: z.enum(APPLICATION_STATUSES, { error: statusError }).exactOptional() })
  .transform(({ page_size: pageSize, ...rest }) => ({ ...rest, pageSize }))

const newApplication = body({ message: prose(LONGEST_MESSAGE).default('') }).meta({ id: 'NewApplication' })

/** What answers a move. */
const moved = z.strictObject({ status: z.enum(APPLICATION_STATUSES) }).meta({ id: 'Moved' })

const APPLICATION: ApplicationView = {
  id: '7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d',
  market_id: HOLLYWOOD.id,
  market_name: HOLLYWOOD.name,
  vendor_id: VENDOR_ID,
  business_name: 'Green Acres',
  status: 'pending',
  message: 'Tomatoes, beans and herbs, all grown within ten miles.',
  created_at: '2026-11-22T22:00:00.000Z',
  updated_at: '2026-11-22T22:00:00.000Z',
}

/** The four moves differ in who may make them, and in nothing else that HTTP can see. */
const move = (to: ApplicationStatus) =>
  ({
    tag: 'Applications',
    missing: 'application-not-found',
    answer: json(200, 'Its new status.', moved, { status: to }),
    errors: ['conflict'],
  }) as const

export const APPLICATION_ROUTES = [
  get('/markets/:id/applications', 'listApplications', {
    tag: 'Applications',
    summary: 'List a market’s applications',
    description: 'For its organizer.',
    query: applicationsQuery,
    answer: 'A page of the list.',
    example: { applications: [APPLICATION], total: 1, page: 1, page_size: 20 },
  }),
  post('/markets/:id/applications', 'applyToMarket', {
    tag: 'Applications',
    summary: 'Apply to a market',
    description: 'A vendor has at most one live application at a market, and only active markets take any.',
    token: 'vendor',
    missing: 'market-not-found',
    body: newApplication,
    examples: { 'With a message': { message: APPLICATION.message } },
    answer: json(201, 'The application, pending.', application, APPLICATION),
    errors: ['conflict'],
    run: ({ applyToMarket }, { id, body, viewer }) => applyToMarket(id, viewer.vendorId, body.message),
  }),
  post('/applications/:id/accept', 'acceptApplication', {
    ...move('accepted'),
    token: 'organizer',
    summary: 'Accept an application that is pending or waitlisted',
    description: 'However many are accepted at once, a market never has more vendors than stalls.',
    errors: ['conflict', 'market-full'],
    run: async ({ acceptApplication }, { id, viewer }) => ({ status: await acceptApplication(id, viewer) }),
  }),
  post('/applications/:id/reject', 'rejectApplication', {
    ...move('rejected'),
    token: 'organizer',
    summary: 'Reject an application that is pending or waitlisted',
    run: async ({ rejectApplication }, { id, viewer }) => ({ status: await rejectApplication(id, viewer) }),
  }),
  post('/applications/:id/waitlist', 'waitlistApplication', {
    ...move('waitlisted'),
    token: 'organizer',
    summary: 'Put a pending application on the waiting list',
    run: async ({ waitlistApplication }, { id, viewer }) => ({
      status: await waitlistApplication(id, viewer),
    }),
  }),
  post('/applications/:id/withdraw', 'withdrawApplication', {
    ...move('withdrawn'),
    token: 'vendor',
    summary: 'Withdraw one’s own application',
    description: 'From `accepted`, it frees the stall.',
    run: async ({ withdrawApplication }, { id, viewer }) => ({
      status: await withdrawApplication(id, viewer),
    }),
  }),
]

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
