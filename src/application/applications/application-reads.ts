import { joinKey } from '../consistency/cache-key.ts'
import { GetMarket } from '../markets/market-reads.ts'
import type { ApplicationsParams } from '../ports/view-queries.ts'
import { canonicalId, tags } from '../tables/tags.ts'
import { MINUTE, read } from '../use-case/read.ts'
import { marketApplications } from '../views/views.ts'

/** What vendors asked of a market, newest first, for its organizer. */
export const ListApplications = read({
  name: 'market-applications',
  ttlS: 2 * MINUTE,
  schema: marketApplications,
  key: ({ id, status, page, pageSize }: ApplicationsParams) => {
    const market = joinKey('market', canonicalId(id), 'applications')
    return `${market}:${joinKey('status', status ?? 'any', 'page', page, 'size', pageSize)}`
  },
  tags: ({ id }) => [tags.marketApplications(id)],
  load: (queries, params) => queries.marketApplications(params),
  audience: 'organizer',
  missing: 'market-not-found',
  /** Another organizer may know of every market but a draft. */
  refusal: async (reads, { id }, viewer) => {
    const market = await reads.read(GetMarket.view, { id })
    return market.exists && market.isVisibleTo(viewer?.accountId) ? 'forbidden' : 'market-not-found'
  },
})
