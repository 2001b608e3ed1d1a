import type { Vendor } from '../../domain/vendor.ts'

export abstract class VendorRepository {
  abstract add(vendor: Vendor): void
  /** Takes the row's lock until the transaction ends. */
  abstract findForUpdate(id: string): Promise<Vendor | undefined>
  /** Every market this vendor ever applied to. */
  abstract marketsAppliedTo(id: string): Promise<{ marketId: string; slug: string; organizerId: string }[]>
}
