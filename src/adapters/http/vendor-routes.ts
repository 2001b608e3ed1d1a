import { vendorDashboard, vendorProfile } from '../../application/views/vendor-views.ts'
import type { Access } from './access.ts'
import { readBody } from './body.ts'
import type { CachedReads } from './cached-reads.ts'
import { VENDOR, VENDOR_DASHBOARD } from './openapi/examples.ts'
import { cached, json, takes } from './openapi/operation.ts'
import { pathId } from './path-id.ts'
import type { Route } from './routes.ts'
import { sendJson } from './send-json.ts'
import type { UseCases } from './use-cases.ts'
import { vendorChanges } from './vendor-schemas.ts'

export function vendorRoutes(useCases: UseCases, access: Access, reads: CachedReads): Route[] {
  return [
    reads.route({
      path: '/vendors/:id',
      operation: {
        id: 'getVendor',
        tag: 'Vendors',
        summary: 'Get a vendor’s profile with its markets',
        token: 'optional',
        answers: cached('The profile.', vendorProfile, VENDOR, 'everybody'),
        errors: ['vendor-not-found'],
      },
      audience: 'everybody',
      admit: (req) => access.passerBy(req),
      question(req) {
        const id = pathId(req, 'vendor-not-found')
        return () => useCases.getVendor.execute(id)
      },
    }),
    {
      method: 'PUT',
      path: '/vendors/:id',
      operation: {
        id: 'updateVendor',
        tag: 'Vendors',
        summary: 'Change a vendor’s profile',
        description: 'What is not given stays. For that vendor.',
        token: 'vendor',
        body: takes(vendorChanges, {
          'Rename it': { business_name: 'Green Acres' },
          'Tell more': {
            category: 'vegetables',
            description: 'A family farm on the Sandy river.',
            website: 'https://green-acres.example',
          },
        }),
        answers: [json(200, 'The profile as it is now.', vendorProfile, VENDOR)],
        errors: ['vendor-not-found'],
      },
      async handle(req, res) {
        const viewer = await access.writingVendor(req)
        const id = pathId(req, 'vendor-not-found')
        const changes = await readBody(req, res, vendorChanges)
        sendJson(res, 200, await useCases.updateVendor.execute(id, changes, viewer))
      },
    },
    reads.route({
      path: '/vendors/:id/dashboard',
      operation: {
        id: 'getVendorDashboard',
        tag: 'Vendors',
        summary: 'Get a vendor’s applications and markets',
        description: 'For that vendor.',
        token: 'vendor',
        answers: cached('The dashboard.', vendorDashboard, VENDOR_DASHBOARD, 'by-account'),
        errors: ['vendor-not-found'],
      },
      audience: 'by-account',
      admit: (req) => access.vendor(req),
      question(req) {
        const id = pathId(req, 'vendor-not-found')
        return (viewer) => useCases.getVendorDashboard.execute(id, viewer)
      },
    }),
  ]
}
