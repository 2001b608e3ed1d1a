import { Market } from '../../domain/market.ts'
import type { Clock } from '../consistency/ports/clock.ts'
import type { Random } from '../consistency/ports/random.ts'
import type { Transaction } from '../ports/transactions.ts'
import type { RecordEvent, Writes } from '../tables/reads-and-writes.ts'
import { freeSlug } from './create-market.ts'
import { listingOf } from './update-market.ts'

/** A market as a public directory lists it. `directoryId` is the directory's own id (the USDA's FMID). */
export interface DirectoryMarket {
  readonly directoryId: string
  readonly name: string
  readonly city: string
  readonly description: string
}

export interface ImportCounts {
  readonly imported: number
  readonly updated: number
  readonly unchanged: number
}

/** Directories do not tell how many stalls a market has; its organizer can. */
const STALLS_UNTIL_KNOWN = 25

/** Takes markets over from a directory, active at once. The same directory id updates what it made before. */
export class ImportMarkets {
  readonly #unitOfWork: Writes
  readonly #clock: Clock
  readonly #random: Random

  constructor(unitOfWork: Writes, clock: Clock, random: Random) {
    this.#unitOfWork = unitOfWork
    this.#clock = clock
    this.#random = random
  }

  /** One batch in one transaction: all of it or nothing. Directory ids are distinct within a batch. */
  execute(organizerId: string, batch: readonly DirectoryMarket[]): Promise<ImportCounts> {
    return this.#unitOfWork.run(async (tx, record) => {
      const known = await tx.markets.findByDirectoryIds(batch.map((row) => row.directoryId))
      const byDirectoryId = new Map(known.map((market) => [market.directoryId, market]))
      const counts = { imported: 0, updated: 0, unchanged: 0 }
      for (const row of batch) {
        const market = byDirectoryId.get(row.directoryId)
        counts[await this.#take(tx, record, organizerId, row, market)] += 1
      }
      return counts
    })
  }

  async #take(
    tx: Transaction,
    record: RecordEvent,
    organizerId: string,
    row: DirectoryMarket,
    known: Market | undefined,
  ): Promise<keyof ImportCounts> {
    const { directoryId, name, city, description } = row
    const now = new Date(this.#clock.now())
    if (known === undefined) {
      const id = this.#random.uuid()
      const slug = await freeSlug(tx.markets, row, id)
      const props = { id, organizerId, slug, name, city, description, directoryId, createdAt: now }
      const market = new Market({ ...props, stallCount: STALLS_UNTIL_KNOWN })
      market.edit({ status: 'active' }, now)
      tx.markets.add(market)
      record({ type: 'market-created', marketId: id, slug, organizerId, listing: listingOf(market) })
      return 'imported'
    }
    if (known.name === name && known.city === city && known.description === description) return 'unchanged'
    const before = listingOf(known)
    known.edit({ name, city, description }, now)
    record({
      type: 'market-edited',
      marketId: known.id,
      slug: known.slug,
      organizerId: known.organizerId,
      before,
      after: listingOf(known),
      vendorIds: await tx.markets.acceptedVendorIds(known.id),
    })
    return 'updated'
  }
}
