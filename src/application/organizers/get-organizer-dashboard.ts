import { MarketflowError } from '../../domain/errors.ts'
import type { Reading } from '../consistency/reading.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { Reads } from '../tables/reads-and-writes.ts'
import { VIEWS } from '../tables/view-table.ts'
import type { OrganizerDashboard } from '../views/organizer-views.ts'

/** An organizer's own markets in numbers, and what vendors asked lately. */
export class GetOrganizerDashboard {
  readonly #views: Reads

  constructor(views: Reads) {
    this.#views = views
  }

  /** @throws MarketflowError `organizer-not-found`, or `forbidden` for another organizer's. */
  async execute(id: string, viewer: Viewer): Promise<Reading<OrganizerDashboard>> {
    const reading = await this.#views.read(VIEWS.organizerDashboard, { id })
    if (!reading.exists) throw new MarketflowError('organizer-not-found')
    if (!reading.isVisibleTo(viewer.accountId)) throw new MarketflowError('forbidden')
    return reading
  }
}
