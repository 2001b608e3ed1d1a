import { MarketflowError } from '../../domain/errors.ts'
import type { Reading } from '../consistency/reading.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { ApplicationsParams } from '../ports/view-queries.ts'
import type { Reads } from '../tables/reads-and-writes.ts'
import { VIEWS } from '../tables/view-table.ts'
import type { MarketApplications } from '../views/application-views.ts'

/** What vendors asked of a market, newest first, for its organizer. */
export class ListApplications {
  readonly #views: Reads

  constructor(views: Reads) {
    this.#views = views
  }

  /** @throws MarketflowError `market-not-found`, or `forbidden` unless the market is the viewer's. */
  async execute(params: ApplicationsParams, viewer: Viewer): Promise<Reading<MarketApplications>> {
    const reading = await this.#views.read(VIEWS.marketApplications, params)
    if (reading.exists && reading.isVisibleTo(viewer.accountId)) return reading
    const market = await this.#views.read(VIEWS.marketDetail, { id: params.marketId })
    const known = market.exists && market.isVisibleTo(viewer.accountId)
    throw new MarketflowError(known ? 'forbidden' : 'market-not-found')
  }
}
