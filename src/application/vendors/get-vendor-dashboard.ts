import { MarketflowError } from '../../domain/errors.ts'
import type { Reading } from '../consistency/reading.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { Reads } from '../tables/reads-and-writes.ts'
import { VIEWS } from '../tables/view-table.ts'
import type { VendorDashboard } from '../views/vendor-views.ts'

/** A vendor's own numbers and markets. */
export class GetVendorDashboard {
  readonly #views: Reads

  constructor(views: Reads) {
    this.#views = views
  }

  /** @throws MarketflowError `vendor-not-found`, or `forbidden` for another vendor's. */
  async execute(id: string, viewer: Viewer): Promise<Reading<VendorDashboard>> {
    const reading = await this.#views.read(VIEWS.vendorDashboard, { id })
    if (!reading.exists) throw new MarketflowError('vendor-not-found')
    if (!reading.isVisibleTo(viewer.accountId)) throw new MarketflowError('forbidden')
    return reading
  }
}
