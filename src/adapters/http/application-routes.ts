import type { Viewer } from '../../application/ports/token-issuer.ts'
import { application, marketApplications } from '../../application/views/application-views.ts'
import type { ApplicationStatus } from '../../domain/vendor-application.ts'
import type { Access } from './access.ts'
import { applicationsQuery, moved, newApplication, noFields } from './application-schemas.ts'
import { readBody } from './body.ts'
import type { CachedReads } from './cached-reads.ts'
import { noteMade } from './deeds.ts'
import { APPLICATION, APPLICATION_LIST } from './openapi/examples.ts'
import { cached, json, type Operation, takes } from './openapi/operation.ts'
import { pathId } from './path-id.ts'
import { readQuery } from './query.ts'
import type { Route } from './routes.ts'
import { sendJson } from './send-json.ts'
import type { UseCases } from './use-cases.ts'

export function applicationRoutes(useCases: UseCases, access: Access, reads: CachedReads): Route[] {
  return [
    reads.route({
      path: '/markets/:id/applications',
      takesQuery: true,
      operation: {
        id: 'listApplications',
        tag: 'Applications',
        summary: 'List a market’s applications',
        description: 'For its organizer.',
        token: 'organizer',
        query: applicationsQuery,
        answers: cached('A page of the list.', marketApplications, APPLICATION_LIST, 'by-account'),
        errors: ['market-not-found'],
      },
      audience: 'by-account',
      admit: (req) => access.organizer(req),
      question(req) {
        const params = { marketId: pathId(req, 'market-not-found'), ...readQuery(req, applicationsQuery) }
        return (viewer) => useCases.listApplications.execute(params, viewer)
      },
    }),
    {
      method: 'POST',
      path: '/markets/:id/applications',
      operation: {
        id: 'applyToMarket',
        tag: 'Applications',
        summary: 'Apply to a market',
        description:
          'A vendor has at most one live application at a market, and only active markets take any.',
        token: 'vendor',
        body: takes(newApplication, { 'With a message': { message: APPLICATION.message } }),
        answers: [json(201, 'The application, pending.', application, APPLICATION)],
        errors: ['market-not-found', 'conflict'],
      },
      async handle(req, res) {
        const { vendorId } = await access.writingVendor(req)
        const marketId = pathId(req, 'market-not-found')
        const { message } = await readBody(req, res, newApplication)
        const made = await useCases.applyToMarket.execute(marketId, vendorId, message)
        noteMade(req, made.id)
        sendJson(res, 201, made)
      },
    },
    move(useCases.acceptApplication, (req) => access.writingOrganizer(req), {
      verb: 'accept',
      to: 'accepted',
      token: 'organizer',
      summary: 'Accept an application that is pending or waitlisted',
      description: 'However many are accepted at once, a market never has more vendors than stalls.',
      errors: ['market-full'],
    }),
    move(useCases.rejectApplication, (req) => access.writingOrganizer(req), {
      verb: 'reject',
      to: 'rejected',
      token: 'organizer',
      summary: 'Reject an application that is pending or waitlisted',
    }),
    move(useCases.waitlistApplication, (req) => access.writingOrganizer(req), {
      verb: 'waitlist',
      to: 'waitlisted',
      token: 'organizer',
      summary: 'Put a pending application on the waiting list',
    }),
    move(useCases.withdrawApplication, (req) => access.writingVendor(req), {
      verb: 'withdraw',
      to: 'withdrawn',
      token: 'vendor',
      summary: 'Withdraw one’s own application',
      description: 'From `accepted`, it frees the stall.',
    }),
  ]
}

interface Move {
  execute(id: string, viewer: Viewer): Promise<ApplicationStatus>
}

interface MoveDocs extends Pick<Operation, 'token' | 'summary' | 'description' | 'errors'> {
  readonly verb: string
  readonly to: ApplicationStatus
}

/** The four moves differ in who may make them, and in nothing else that HTTP can see. */
function move(useCase: Move, admit: Access['writingOrganizer'], { verb, to, ...docs }: MoveDocs): Route {
  return {
    method: 'POST',
    path: `/applications/:id/${verb}`,
    operation: {
      ...docs,
      id: `${verb}Application`,
      tag: 'Applications',
      answers: [json(200, 'Its new status.', moved, { status: to })],
      errors: ['application-not-found', 'conflict', ...(docs.errors ?? [])],
    },
    async handle(req, res) {
      const viewer = await admit(req)
      const id = pathId(req, 'application-not-found')
      await readBody(req, res, noFields)
      sendJson(res, 200, { status: await useCase.execute(id, viewer) })
    },
  }
}
