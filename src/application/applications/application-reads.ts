import { joinKey } from '../consistency/cache-key.ts'
import { GetMarket } from '../markets/market-reads.ts'
import type { ApplicationParams, ApplicationsParams, OwnApplicationsParams } from '../ports/view-queries.ts'
import { canonicalId, tags } from '../tables/tags.ts'
import { MINUTE, read } from '../use-case/read.ts'
import { applicationDetail, marketApplications } from '../views/views.ts'

/** What vendors asked of a market, newest first, and the waiting list in its order, for its organizer. */
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

/** What a vendor asked, of whatever market, newest first. */
export const ListOwnApplications = read({
  name: 'own-applications',
  ttlS: 2 * MINUTE,
  schema: marketApplications,
  key: ({ vendor, status, page, pageSize }: OwnApplicationsParams) => {
    const applications = joinKey('vendor', canonicalId(vendor), 'applications')
    return `${applications}:${joinKey('status', status ?? 'any', 'page', page, 'size', pageSize)}`
  },
  tags: ({ vendor }) => [tags.vendorApplications(vendor)],
  load: (queries, params) => queries.ownApplications(params),
  audience: 'vendor',
  missing: 'vendor-not-found',
})

/** One application, as its vendor sees it or as its market's organizer does: each is told how to reach the other. */
export const GetApplication = read({
  name: 'application-detail',
  ttlS: 5 * MINUTE,
  schema: applicationDetail,
  key: ({ id, side }: ApplicationParams) => joinKey('application', canonicalId(id), 'detail', side),
  tags: ({ id }) => [tags.application(id)],
  load: (queries, params) => queries.applicationDetail(params),
  audience: 'account',
  missing: 'application-not-found',
})
