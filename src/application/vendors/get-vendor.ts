import { MarketflowError } from '../../domain/errors.ts'
import type { Reading } from '../consistency/reading.ts'
import type { Reads } from '../tables/reads-and-writes.ts'
import { VIEWS } from '../tables/view-table.ts'
import type { VendorProfile } from '../views/vendor-views.ts'

/** A vendor's public profile, with the active markets that accepted it. */
export class GetVendor {
  readonly #views: Reads

  constructor(views: Reads) {
    this.#views = views
  }

  /** @throws MarketflowError `vendor-not-found`. */
  async execute(id: string): Promise<Reading<VendorProfile>> {
    const reading = await this.#views.read(VIEWS.vendorProfile, { id })
    if (!reading.exists) throw new MarketflowError('vendor-not-found')
    return reading
  }
}
