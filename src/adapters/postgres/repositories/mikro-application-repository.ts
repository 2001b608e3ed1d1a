import type { EntityManager } from '@mikro-orm/core'
import { ApplicationRepository } from '../../../application/ports/application-repository.ts'
import { LIVE_STATUSES, VendorApplication } from '../../../domain/vendor-application.ts'
import { parseUuid } from '../uuid.ts'
import { findLocked } from './locking.ts'

export class MikroApplicationRepository extends ApplicationRepository {
  readonly #em: EntityManager

  constructor(em: EntityManager) {
    super()
    this.#em = em
  }

  add(application: VendorApplication): void {
    this.#em.persist(application)
  }

  async find(id: string): Promise<VendorApplication | undefined> {
    const uuid = parseUuid(id)
    if (uuid === undefined) return undefined
    return (await this.#em.findOne(VendorApplication, { id: uuid })) ?? undefined
  }

  findForUpdate(id: string): Promise<VendorApplication | undefined> {
    return findLocked(this.#em, VendorApplication, id)
  }

  async liveExists(marketId: string, vendorId: string): Promise<boolean> {
    const [market, vendor] = [parseUuid(marketId), parseUuid(vendorId)]
    if (market === undefined || vendor === undefined) return false
    await this.#em.flush() // count, unlike find, does not look whether it has to
    const live = { marketId: market, vendorId: vendor, status: { $in: [...LIVE_STATUSES] } }
    return (await this.#em.count(VendorApplication, live)) > 0
  }
}
