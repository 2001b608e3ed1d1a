import type { Viewer } from '../../application/ports/token-issuer.ts'
import type { ApplicationStatus } from '../../domain/vendor-application.ts'
import type { Access } from './access.ts'
import { applicationsQuery, newApplication, noFields } from './application-schemas.ts'
import { readBody } from './body.ts'
import { pathId } from './path-id.ts'
import { readQuery } from './query.ts'
import type { Route } from './routes.ts'
import { sendJson } from './send-json.ts'
import { sendReading } from './send-reading.ts'
import type { UseCases } from './use-cases.ts'

export function applicationRoutes(useCases: UseCases, access: Access): Route[] {
  return [
    {
      method: 'GET',
      path: '/markets/:id/applications',
      takesQuery: true,
      async handle(req, res) {
        const viewer = await access.organizer(req)
        const marketId = pathId(req, 'market-not-found')
        const query = readQuery(req, applicationsQuery)
        const reading = await useCases.listApplications.execute({ marketId, ...query }, viewer)
        sendReading(req, res, reading, 'by-account')
      },
    },
    {
      method: 'POST',
      path: '/markets/:id/applications',
      async handle(req, res) {
        const { vendorId } = await access.writingVendor(req)
        const marketId = pathId(req, 'market-not-found')
        const { message } = await readBody(req, res, newApplication)
        sendJson(res, 201, await useCases.applyToMarket.execute(marketId, vendorId, message))
      },
    },
    move('accept', useCases.acceptApplication, (req) => access.writingOrganizer(req)),
    move('reject', useCases.rejectApplication, (req) => access.writingOrganizer(req)),
    move('waitlist', useCases.waitlistApplication, (req) => access.writingOrganizer(req)),
    move('withdraw', useCases.withdrawApplication, (req) => access.writingVendor(req)),
  ]
}

interface Move {
  execute(id: string, viewer: Viewer): Promise<ApplicationStatus>
}

/** The four moves differ in who may make them, and in nothing else that HTTP can see. */
function move(verb: string, useCase: Move, admit: Access['writingOrganizer']): Route {
  return {
    method: 'POST',
    path: `/applications/:id/${verb}`,
    async handle(req, res) {
      const viewer = await admit(req)
      const id = pathId(req, 'application-not-found')
      await readBody(req, res, noFields)
      sendJson(res, 200, { status: await useCase.execute(id, viewer) })
    },
  }
}
