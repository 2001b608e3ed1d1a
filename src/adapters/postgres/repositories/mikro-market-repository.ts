import { type EntityManager, LockMode } from '@mikro-orm/core'
import { MarketRepository } from '../../../application/ports/market-repository.ts'
import { Market } from '../../../domain/market.ts'
import { VendorApplication } from '../../../domain/vendor-application.ts'
import { parseUuid } from '../uuid.ts'
import { findLocked } from './locking.ts'

export class MikroMarketRepository extends MarketRepository {
  readonly #em: EntityManager

  constructor(em: EntityManager) {
    super()
    this.#em = em
  }

  add(market: Market): void {
    this.#em.persist(market)
  }

  findForUpdate(id: string): Promise<Market | undefined> {
    return findLocked(this.#em, Market, id)
  }

  async find(id: string): Promise<Market | undefined> {
    const uuid = parseUuid(id)
    return uuid === undefined ? undefined : ((await this.#em.findOne(Market, { id: uuid })) ?? undefined)
  }

  async slugTaken(slug: string): Promise<boolean> {
    await this.#em.flush() // count, unlike find, does not look whether it has to
    return (await this.#em.count(Market, { slug })) > 0
  }

  /** Locked in the order of their ids, so that two imports of the same markets don't wait for each other. */
  async findByDirectoryIds(ids: readonly string[]): Promise<Market[]> {
    await this.#em.flush()
    const options = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true, orderBy: { id: 'asc' } } as const
    return this.#em.find(Market, { directoryId: { $in: [...ids] } }, options)
  }

  async acceptedVendorIds(id: string): Promise<string[]> {
    const uuid = parseUuid(id)
    if (uuid === undefined) return []
    const accepted = await this.#em.find(VendorApplication, { marketId: uuid, status: 'accepted' })
    return accepted.map((application) => application.vendorId)
  }
}
