import { MarketflowError } from '../../domain/errors.ts'
import type { VendorChanges } from '../../domain/vendor.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import { ENOUGH_IDS } from '../tables/tags.ts'
import { assertSeen, type Seen } from '../use-case/precondition.ts'
import { now, type Writing } from '../use-case/use-case.ts'
import type { VendorProfile } from '../views/views.ts'
import { GetVendor } from './vendor-reads.ts'

/**
 * A vendor edits its own profile.
 * @throws MarketflowError `vendor-not-found`, `forbidden` for another vendor's, or `precondition-failed`.
 */
export const UpdateVendor =
  (needs: Writing) =>
  (id: string, changes: VendorChanges, viewer: Viewer, seen?: Seen): Promise<VendorProfile> =>
    needs.writes.run(async (tx, record) => {
      const vendor = await tx.vendors.findForUpdate(id)
      if (vendor === undefined) throw new MarketflowError('vendor-not-found')
      if (vendor.id !== viewer.vendorId) throw new MarketflowError('forbidden')
      await assertSeen(seen, GetVendor.view, tx.views, { id: vendor.id })
      // The lock keeps new applications out (their foreign key needs the row), so no market is missing below.
      vendor.edit(changes, now(needs))
      record({
        type: 'vendor-edited',
        vendorId: vendor.id,
        markets: await tx.vendors.marketsAppliedTo(vendor.id, ENOUGH_IDS),
        organizerIds: await tx.vendors.organizersAppliedTo(vendor.id, ENOUGH_IDS),
        applicationIds: await tx.applications.idsOf(vendor.id, ENOUGH_IDS),
      })
      return (await tx.views.vendorProfile(vendor.id))!.value
    })
