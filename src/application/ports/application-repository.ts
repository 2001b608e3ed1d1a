import type { VendorApplication } from '../../domain/vendor-application.ts'

export abstract class ApplicationRepository {
  abstract add(application: VendorApplication): void
  /** Without a lock: only to learn which market to lock. */
  abstract find(id: string): Promise<VendorApplication | undefined>
  /** Takes the row's lock until the transaction ends. Lock the market first: all writes lock in that order. */
  abstract findForUpdate(id: string): Promise<VendorApplication | undefined>
  /** Whether the vendor has a pending, waitlisted or accepted application at the market. */
  abstract liveExists(marketId: string, vendorId: string): Promise<boolean>
}
