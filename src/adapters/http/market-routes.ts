import type { Access } from './access.ts'
import { readBody } from './body.ts'
import { listingQuery, marketChanges, newMarket } from './market-schemas.ts'
import { pathId } from './path-id.ts'
import { readQuery } from './query.ts'
import type { Route } from './routes.ts'
import { sendJson } from './send-json.ts'
import { sendReading } from './send-reading.ts'
import type { UseCases } from './use-cases.ts'

export function marketRoutes(useCases: UseCases, access: Access): Route[] {
  return [
    {
      method: 'GET',
      path: '/markets',
      takesQuery: true,
      async handle(req, res) {
        await access.passerBy(req)
        const reading = await useCases.listMarkets.execute(readQuery(req, listingQuery))
        sendReading(req, res, reading, 'everybody')
      },
    },
    {
      method: 'POST',
      path: '/markets',
      async handle(req, res) {
        const viewer = await access.writingOrganizer(req)
        const market = await useCases.createMarket.execute(
          viewer.accountId,
          await readBody(req, res, newMarket),
        )
        sendJson(res, 201, market, { Location: `/markets/${market.id}` })
      },
    },
    {
      method: 'GET',
      path: '/markets/:id',
      async handle(req, res) {
        const viewer = await access.anyone(req)
        const id = pathId(req, 'market-not-found')
        sendReading(req, res, await useCases.getMarket.execute(id, viewer), 'by-account')
      },
    },
    {
      method: 'PUT',
      path: '/markets/:id',
      async handle(req, res) {
        const viewer = await access.writingOrganizer(req)
        const id = pathId(req, 'market-not-found')
        const changes = await readBody(req, res, marketChanges)
        sendJson(res, 200, await useCases.updateMarket.execute(id, changes, viewer))
      },
    },
    {
      method: 'GET',
      path: '/markets/:id/stats',
      async handle(req, res) {
        const viewer = await access.anyone(req)
        const id = pathId(req, 'market-not-found')
        sendReading(req, res, await useCases.getMarketStats.execute(id, viewer), 'by-account')
      },
    },
  ]
}
