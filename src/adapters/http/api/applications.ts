import { z } from 'zod'
import {
  type ApplicationDetail,
  type ApplicationView,
  applicationDetail,
} from '../../../application/views/views.ts'
import { APPLICATION_STATUSES, LONGEST_MESSAGE } from '../../../domain/vendor-application.ts'
import { get, post } from '../kit/api-route.ts'
import { json } from '../kit/operation.ts'
import { body, paging, prose } from '../kit/text-schemas.ts'
import { HOLLYWOOD, ORGANIZER_ID, VENDOR_ID } from './examples.ts'

const statusError = `expected one of ${APPLICATION_STATUSES.join(', ')}, given once`

const applicationsQuery = z
  .strictObject({ ...paging, status: z.enum(APPLICATION_STATUSES, { error: statusError }).exactOptional() })
  .transform(({ page_size: pageSize, ...rest }) => ({ ...rest, pageSize }))

const newApplication = body({ message: prose(LONGEST_MESSAGE).default('') }).meta({ id: 'NewApplication' })

const reasonError = `expected a reason of 1 to ${LONGEST_MESSAGE} characters without control characters`
const removal = body({
  reason: prose(LONGEST_MESSAGE, reasonError).min(1, { error: reasonError }).describe('Shown to the vendor.'),
}).meta({ id: 'Removal' })

const APPLICATION: ApplicationView = {
  id: '7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d',
  market_id: HOLLYWOOD.id,
  market_name: HOLLYWOOD.name,
  vendor_id: VENDOR_ID,
  business_name: 'Green Acres',
  status: 'pending',
  message: 'Tomatoes, beans and herbs, all grown within ten miles.',
  reason: null,
  waiting_position: null,
  created_at: '2026-11-22T22:00:00.000Z',
  updated_at: '2026-11-22T22:00:00.000Z',
}

const SEEN_BY_VENDOR: ApplicationDetail = {
  ...APPLICATION,
  contact: { name: 'Rosa Almeida', email: 'rosa@example.org' },
}
const SEEN_BY_ORGANIZER: ApplicationDetail = {
  ...APPLICATION,
  contact: { name: 'Vera Lopes', email: 'vera@example.org' },
}

/** The moves differ in who may make them, and in little else that HTTP can see. */
const move = (becomes: Partial<ApplicationDetail>, seenBy = SEEN_BY_ORGANIZER) =>
  ({
    tag: 'Applications',
    missing: 'application-not-found',
    answer: json(200, 'The application as it is now.', applicationDetail, { ...seenBy, ...becomes }),
    errors: ['wrong-status'],
    represents: 'getApplication',
  }) as const

export const APPLICATION_ROUTES = [
  get('/markets/:id/applications', 'listApplications', {
    tag: 'Applications',
    summary: 'List a market’s applications',
    description:
      'For its organizer: newest first, and those that are waitlisted in the order of waitlisting.',
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
    answer: json(201, 'The application, pending.', applicationDetail, SEEN_BY_VENDOR),
    errors: ['market-not-active', 'market-unclaimed', 'already-applied'],
    represents: 'getApplication',
    run: ({ applyToMarket }, { id, body, viewer, once }) =>
      applyToMarket(id, viewer.vendorId, body.message, once),
    location: ({ id }) => `/applications/${id}`,
  }),
  get('/me/applications', 'listOwnApplications', {
    tag: 'Applications',
    summary: 'List the applications of the vendor that the token belongs to',
    description: 'Newest first.',
    query: applicationsQuery,
    told: ['vendor'],
    answer: 'A page of the list.',
    example: { applications: [APPLICATION], total: 1, page: 1, page_size: 20 },
  }),
  get('/applications/:id', 'getApplication', {
    tag: 'Applications',
    summary: 'Get an application',
    description: 'For its vendor and its market’s organizer, each of whom is told how to reach the other.',
    told: ['side'],
    answer: 'The application.',
    example: SEEN_BY_VENDOR,
  }),
  post('/applications/:id/accept', 'acceptApplication', {
    ...move({ status: 'accepted' }),
    token: 'organizer',
    summary: 'Accept an application that is pending or waitlisted',
    description: 'However many are accepted at once, a market never has more vendors than stalls.',
    errors: ['wrong-status', 'market-full'],
    run: ({ acceptApplication }, { id, viewer, seen, once }) => acceptApplication(id, viewer, { seen, once }),
  }),
  post('/applications/:id/reject', 'rejectApplication', {
    ...move({ status: 'rejected' }),
    token: 'organizer',
    summary: 'Reject an application that is pending or waitlisted',
    run: ({ rejectApplication }, { id, viewer, seen, once }) => rejectApplication(id, viewer, { seen, once }),
  }),
  post('/applications/:id/waitlist', 'waitlistApplication', {
    ...move({ status: 'waitlisted', waiting_position: 3 }),
    token: 'organizer',
    summary: 'Put a pending application on the waiting list',
    run: ({ waitlistApplication }, { id, viewer, seen, once }) =>
      waitlistApplication(id, viewer, { seen, once }),
  }),
  post('/applications/:id/remove', 'removeVendor', {
    ...move({ status: 'rejected', reason: 'Three Saturdays without a word.' }),
    token: 'organizer',
    summary: 'Let a vendor go that was accepted',
    description:
      'Frees the stall. The application becomes `rejected`, with a `reason` that its vendor reads.',
    body: removal,
    examples: { 'With a reason': { reason: 'Three Saturdays without a word.' } },
    run: ({ removeVendor }, { id, body, viewer, seen, once }) =>
      removeVendor(id, viewer, { seen, once }, body.reason),
  }),
  post('/applications/:id/withdraw', 'withdrawApplication', {
    ...move({ status: 'withdrawn' }, SEEN_BY_VENDOR),
    token: 'vendor',
    summary: 'Withdraw one’s own application',
    description: 'From `accepted`, it frees the stall.',
    run: ({ withdrawApplication }, { id, viewer, seen, once }) =>
      withdrawApplication(id, viewer, { seen, once }),
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
