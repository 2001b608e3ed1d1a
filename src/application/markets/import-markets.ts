import { Market, type Place } from '../../domain/market.ts'
import type { Transaction } from '../ports/transactions.ts'
import type { RecordEvent } from '../tables/reads-and-writes.ts'
import { ENOUGH_IDS } from '../tables/tags.ts'
import { type Dependencies, now, type Writing } from '../use-case/use-case.ts'
import { freeSlug, wantedSlugs } from './create-market.ts'
import { listingOf, tellers } from './update-market.ts'

/** A market as a public directory lists it. `directoryId` is the directory's own id (the USDA's FMID). */
export interface DirectoryMarket extends Readonly<Pick<Place, 'city'> & Partial<Place>> {
  readonly directoryId: string
  readonly name: string
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
      const added = batch.filter((row) => !byDirectoryId.has(row.directoryId))
      const changed = batch.flatMap((row) => {
        const market = byDirectoryId.get(row.directoryId)
        return market === undefined || isAs(market, row) ? [] : [{ market, row }]
      })
      await add(tx, record, organizerId, added, needs)
      await update(tx, record, changed, needs)
      const [imported, updated] = [added.length, changed.length]
      return { imported, updated, unchanged: batch.length - imported - updated }
    })

/** In few statements, however many rows: what is asked of the database is asked for all of them at once. */
async function add(
  tx: Transaction,
  record: RecordEvent,
  organizerId: string,
  rows: readonly DirectoryMarket[],
  needs: Needs,
): Promise<void> {
  if (rows.length === 0) return
  const taken = await tx.markets.takenSlugs(rows.flatMap(wantedSlugs))
  const added = rows.map((row) => {
    const id = needs.random.uuid()
    const slug = freeSlug(wantedSlugs(row), taken, id)
    taken.add(slug)
    const createdAt = now(needs)
    const market = new Market({ ...row, id, organizerId, slug, stallCount: STALLS_UNTIL_KNOWN, createdAt })
    market.edit({ status: 'active' }, createdAt)
    record({ type: 'market-created', marketId: id, slug, organizerId, listing: listingOf(market) })
    return market
  })
  await tx.markets.addAll(added)
}

async function update(
  tx: Transaction,
  record: RecordEvent,
  changes: readonly { readonly market: Market; readonly row: DirectoryMarket }[],
  needs: Needs,
): Promise<void> {
  if (changes.length === 0) return
  const vendorIds = await tx.markets.acceptedVendorIds(
    changes.map(({ market }) => market.id),
    ENOUGH_IDS,
  )
  const applicationsOf = await tellers(
    tx,
    changes.map(({ market, row }) => ({ market, name: row.name })),
  )
  for (const { market, row } of changes) {
    const { directoryId: _, ...told } = row
    const before = listingOf(market)
    market.edit(told, now(needs))
    record({
      type: 'market-edited',
      marketId: market.id,
      slug: market.slug,
      organizerId: market.organizerId,
      before,
      after: listingOf(market),
      vendorIds: vendorIds.get(market.id) ?? [],
      applications: applicationsOf(market),
    })
  }
}

/** Whether the market has everything that the directory tells of it. */
function isAs(market: Market, row: DirectoryMarket): boolean {
  return Object.entries(row).every(([field, value]) => market[field as keyof DirectoryMarket] === value)
}
