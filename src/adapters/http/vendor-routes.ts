import type { Access } from './access.ts'
import { readBody } from './body.ts'
import { pathId } from './path-id.ts'
import type { Route } from './routes.ts'
import { sendJson } from './send-json.ts'
import { sendReading } from './send-reading.ts'
import type { UseCases } from './use-cases.ts'
import { vendorChanges } from './vendor-schemas.ts'

export function vendorRoutes(useCases: UseCases, access: Access): Route[] {
  return [
    {
      method: 'GET',
      path: '/vendors/:id',
      async handle(req, res) {
        await access.passerBy(req)
        const id = pathId(req, 'vendor-not-found')
        sendReading(req, res, await useCases.getVendor.execute(id), 'everybody')
      },
    },
    {
      method: 'PUT',
      path: '/vendors/:id',
      async handle(req, res) {
        const viewer = await access.writingVendor(req)
        const id = pathId(req, 'vendor-not-found')
        const changes = await readBody(req, res, vendorChanges)
        sendJson(res, 200, await useCases.updateVendor.execute(id, changes, viewer))
      },
    },
    {
      method: 'GET',
      path: '/vendors/:id/dashboard',
      async handle(req, res) {
        const viewer = await access.vendor(req)
        const id = pathId(req, 'vendor-not-found')
        sendReading(req, res, await useCases.getVendorDashboard.execute(id, viewer), 'by-account')
      },
    },
  ]
}
