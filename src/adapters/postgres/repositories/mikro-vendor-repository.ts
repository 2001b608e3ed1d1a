import type { EntityManager } from '@mikro-orm/core'
import { VendorRepository } from '../../../application/ports/vendor-repository.ts'
import { Vendor } from '../../../domain/vendor.ts'
import type { Query } from '../sql-view-queries.ts'
import { parseUuid } from '../uuid.ts'
import { findLocked } from './locking.ts'

const MARKETS_APPLIED_TO = `
  select id::text as "marketId", slug, organizer_id::text as "organizerId" from markets
  where id in (select market_id from vendor_applications where vendor_id = $1)
  order by id`

export class MikroVendorRepository extends VendorRepository {
  readonly #em: EntityManager
  readonly #query: Query

  constructor(em: EntityManager, query: Query) {
    super()
    this.#em = em
    this.#query = query
  }

  add(vendor: Vendor): void {
    this.#em.persist(vendor)
  }

  findForUpdate(id: string): Promise<Vendor | undefined> {
    return findLocked(this.#em, Vendor, id)
  }

  async marketsAppliedTo(id: string): Promise<{ marketId: string; slug: string; organizerId: string }[]> {
    const uuid = parseUuid(id)
    if (uuid === undefined) return []
    const rows = await this.#query(MARKETS_APPLIED_TO, [uuid])
    return rows as { marketId: string; slug: string; organizerId: string }[]
  }
}
