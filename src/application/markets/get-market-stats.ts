import { MarketflowError } from '../../domain/errors.ts'
import type { Reading } from '../consistency/reading.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { Reads } from '../tables/reads-and-writes.ts'
import { VIEWS } from '../tables/view-table.ts'
import type { MarketStats } from '../views/market-views.ts'

/** A market's stalls and applications in numbers; a draft's only for its organizer. */
export class GetMarketStats {
  readonly #views: Reads

  constructor(views: Reads) {
    this.#views = views
  }

  /** @throws MarketflowError `market-not-found`, also for another organizer's draft. */
  async execute(id: string, viewer: Viewer | undefined): Promise<Reading<MarketStats>> {
    const reading = await this.#views.read(VIEWS.marketStats, { id })
    if (!reading.exists || !reading.isVisibleTo(viewer?.accountId))
      throw new MarketflowError('market-not-found')
    return reading
  }
}
