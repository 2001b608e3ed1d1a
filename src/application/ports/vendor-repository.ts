import type { Vendor } from '../../domain/vendor.ts'

export abstract class VendorRepository {
  abstract add(vendor: Vendor): void
  /** Takes the row's lock until the transaction ends. */
  abstract findForUpdate(id: string): Promise<Vendor | undefined>
  /** Markets this vendor ever applied to: all, unless there are more than `atMost`. */
  abstract marketsAppliedTo(id: string, atMost: number): Promise<{ marketId: string; slug: string }[]>
  /** Who organizes any of the markets it ever applied to, likewise. */
  abstract organizersAppliedTo(id: string, atMost: number): Promise<string[]>
}
