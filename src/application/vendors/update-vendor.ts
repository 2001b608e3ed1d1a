import { MarketflowError } from '../../domain/errors.ts'
import type { VendorChanges } from '../../domain/vendor.ts'
import type { Clock } from '../consistency/ports/clock.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { Writes } from '../tables/reads-and-writes.ts'
import type { VendorProfile } from '../views/vendor-views.ts'

/** A vendor edits its own profile. */
export class UpdateVendor {
  readonly #unitOfWork: Writes
  readonly #clock: Clock

  constructor(unitOfWork: Writes, clock: Clock) {
    this.#unitOfWork = unitOfWork
    this.#clock = clock
  }

  /** @throws MarketflowError `vendor-not-found`, or `forbidden` for another vendor's. */
  execute(id: string, changes: VendorChanges, viewer: Viewer): Promise<VendorProfile> {
    return this.#unitOfWork.run(async (tx, record) => {
      const vendor = await tx.vendors.findForUpdate(id)
      if (vendor === undefined) throw new MarketflowError('vendor-not-found')
      if (vendor.id !== viewer.vendorId) throw new MarketflowError('forbidden')
      // The lock keeps new applications out (their foreign key needs the row), so no market is missing below.
      vendor.edit(changes, new Date(this.#clock.now()))
      record({
        type: 'vendor-edited',
        vendorId: vendor.id,
        markets: await tx.vendors.marketsAppliedTo(vendor.id),
      })
      return (await tx.views.vendorProfile(vendor.id))!.value
    })
  }
}
