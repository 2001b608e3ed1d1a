import { marketDetail, marketListing, marketStats } from '../../application/views/market-views.ts'
import type { Access } from './access.ts'
import { readBody } from './body.ts'
import type { CachedReads } from './cached-reads.ts'
import { noteMade } from './deeds.ts'
import { listingQuery, marketChanges, newMarket } from './market-schemas.ts'
import { DRAFT, MARKET, MARKET_LIST, STATS } from './openapi/examples.ts'
import { cached, json, takes } from './openapi/operation.ts'
import { pathId } from './path-id.ts'
import { readQuery } from './query.ts'
import type { Route } from './routes.ts'
import { sendJson } from './send-json.ts'
import type { UseCases } from './use-cases.ts'

export function marketRoutes(useCases: UseCases, access: Access, reads: CachedReads): Route[] {
  return [
    reads.route({
      path: '/markets',
      takesQuery: true,
      operation: {
        id: 'listMarkets',
        tag: 'Markets',
        summary: 'List active markets',
        description: 'By name, then id.',
        token: 'optional',
        query: listingQuery,
        answers: cached('A page of the list.', marketListing, MARKET_LIST, 'everybody'),
      },
      audience: 'everybody',
      admit: (req) => access.passerBy(req),
      question(req) {
        const query = readQuery(req, listingQuery)
        return () => useCases.listMarkets.execute(query)
      },
    }),
    {
      method: 'POST',
      path: '/markets',
      operation: {
        id: 'createMarket',
        tag: 'Markets',
        summary: 'Create a market',
        description: 'It begins as a draft, which only its organizer sees.',
        token: 'organizer',
        body: takes(newMarket, {
          'A market': { name: 'Hollywood Market', city: 'Portland', stall_count: 30 },
          'With a slug of its own': {
            name: 'Hollywood Market',
            city: 'Portland',
            description: 'Saturdays, eight to one, rain or shine.',
            stall_count: 30,
            slug: 'hollywood-market',
          },
        }),
        answers: [json(201, 'The draft.', marketDetail, DRAFT, ['Location'])],
        errors: ['conflict'],
      },
      async handle(req, res) {
        const viewer = await access.writingOrganizer(req)
        const market = await useCases.createMarket.execute(
          viewer.accountId,
          await readBody(req, res, newMarket),
        )
        noteMade(req, market.id)
        sendJson(res, 201, market, { Location: `/markets/${market.id}` })
      },
    },
    reads.route({
      path: '/markets/:id',
      operation: {
        id: 'getMarket',
        tag: 'Markets',
        summary: 'Get a market with its vendors',
        description: 'A draft is found by its organizer alone.',
        token: 'optional',
        answers: cached('The market.', marketDetail, MARKET, 'by-account'),
        errors: ['market-not-found'],
      },
      audience: 'by-account',
      admit: (req) => access.anyone(req),
      question(req) {
        const id = pathId(req, 'market-not-found')
        return (viewer) => useCases.getMarket.execute(id, viewer)
      },
    }),
    {
      method: 'PUT',
      path: '/markets/:id',
      operation: {
        id: 'updateMarket',
        tag: 'Markets',
        summary: 'Change a market',
        description: 'What is not given stays. For its organizer. Another move of the status is a conflict.',
        token: 'organizer',
        body: takes(marketChanges, {
          'Open it': { status: 'active' },
          'Rename it and give it more stalls': { name: 'Hollywood Market', stall_count: 40 },
        }),
        answers: [json(200, 'The market as it is now.', marketDetail, MARKET)],
        errors: ['market-not-found', 'conflict'],
      },
      async handle(req, res) {
        const viewer = await access.writingOrganizer(req)
        const id = pathId(req, 'market-not-found')
        const changes = await readBody(req, res, marketChanges)
        sendJson(res, 200, await useCases.updateMarket.execute(id, changes, viewer))
      },
    },
    reads.route({
      path: '/markets/:id/stats',
      operation: {
        id: 'getMarketStats',
        tag: 'Markets',
        summary: 'Count a market’s vendors, applications and stalls',
        description: 'Those of a draft are found by its organizer alone.',
        token: 'optional',
        answers: cached('The counts.', marketStats, STATS, 'by-account'),
        errors: ['market-not-found'],
      },
      audience: 'by-account',
      admit: (req) => access.anyone(req),
      question(req) {
        const id = pathId(req, 'market-not-found')
        return (viewer) => useCases.getMarketStats.execute(id, viewer)
      },
    }),
  ]
}
