import { Market } from '../../domain/market.ts'
import type { Transaction } from '../ports/transactions.ts'
import type { RecordEvent } from '../tables/reads-and-writes.ts'
import { ENOUGH_IDS } from '../tables/tags.ts'
import { type Dependencies, now, type Writing } from '../use-case/use-case.ts'
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

type Needs = Writing & Pick<Dependencies, 'random'>

/**
 * Takes markets over from a directory, active at once. The same directory id updates what it made before. One batch in
 * one transaction: all of it or nothing. Directory ids are distinct within a batch.
 */
export const ImportMarkets =
  (needs: Needs) =>
  (organizerId: string, batch: readonly DirectoryMarket[]): Promise<ImportCounts> =>
    needs.writes.run(async (tx, record) => {
      const known = await tx.markets.findByDirectoryIds(batch.map((row) => row.directoryId))
      const byDirectoryId = new Map(known.map((market) => [market.directoryId, market]))
      const counts = { imported: 0, updated: 0, unchanged: 0 }
      for (const row of batch) {
        const market = byDirectoryId.get(row.directoryId)
        const outcome =
          market === undefined
            ? await add(tx, record, organizerId, row, needs)
            : await update(tx, record, market, row, needs)
        counts[outcome] += 1
      }
      return counts
    })

async function add(
  tx: Transaction,
  record: RecordEvent,
  organizerId: string,
  row: DirectoryMarket,
  needs: Needs,
): Promise<'imported'> {
  const id = needs.random.uuid()
  const slug = await freeSlug(tx.markets, row, id)
  const createdAt = now(needs)
  const market = new Market({ ...row, id, organizerId, slug, stallCount: STALLS_UNTIL_KNOWN, createdAt })
  market.edit({ status: 'active' }, createdAt)
  tx.markets.add(market)
  record({ type: 'market-created', marketId: id, slug, organizerId, listing: listingOf(market) })
  return 'imported'
}

async function update(
  tx: Transaction,
  record: RecordEvent,
  market: Market,
  { name, city, description }: DirectoryMarket,
  needs: Needs,
): Promise<'updated' | 'unchanged'> {
  if (market.name === name && market.city === city && market.description === description) return 'unchanged'
  const before = listingOf(market)
  market.edit({ name, city, description }, now(needs))
  record({
    type: 'market-edited',
    marketId: market.id,
    slug: market.slug,
    organizerId: market.organizerId,
    before,
    after: listingOf(market),
    vendorIds: await tx.markets.acceptedVendorIds(market.id, ENOUGH_IDS),
  })
  return 'updated'
}
