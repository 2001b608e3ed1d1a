import { type DirectoryListing, saysTheSame, seasonsAhead } from '../../domain/directory-listing.ts'
import { Market, type Place } from '../../domain/market.ts'
import { dateAt, type MarketDay, type Season } from '../../domain/season.ts'
import type { SeenRow } from '../ports/repositories.ts'
import type { Transaction } from '../ports/transactions.ts'
import type { RecordEvent } from '../tables/reads-and-writes.ts'
import { ENOUGH_IDS } from '../tables/tags.ts'
import { type Dependencies, now, type Writing } from '../use-case/use-case.ts'
import { freeSlug, wantedSlugs } from './create-market.ts'
import { reschedule } from './schedule-market.ts'
import { listingOf, tellers } from './update-market.ts'

/** A market as a public directory lists it, under the directory's own id. */
export interface DirectoryMarket extends Readonly<Place> {
  readonly directoryId: string
  readonly name: string
  readonly description: string
  readonly listing: DirectoryListing
}

/** Some rows of a directory's file. */
export interface DirectoryBatch {
  /** Whose ids they have: a market is known again by source and id. */
  readonly source: string
  /** The import that they are part of, a UUID. */
  readonly run: string
  readonly markets: readonly (DirectoryMarket & SeenRow)[]
  /** Rows that tell an id and cannot be imported: what is on them is not missing. */
  readonly skipped: readonly SeenRow[]
}

export interface ImportCounts {
  readonly imported: number
  readonly updated: number
  readonly unchanged: number
  /** They have an organizer here, who says what they are. */
  readonly claimed: number
  /** Rows whose id an earlier row of the file has, and that are left out; `before` is its line. */
  readonly repeated: readonly (SeenRow & { readonly before: number })[]
}

type Needs = Writing & Pick<Dependencies, 'random'>

/**
 * Takes markets over from a directory: listed at once, and unclaimed until an organizer has them. The same source and id
 * updates what it made before. One batch in one transaction: all of it or nothing.
 */
export const ImportMarkets =
  (needs: Needs) =>
  (organizerId: string, batch: DirectoryBatch): Promise<ImportCounts> =>
    needs.writes.run(async (tx, record) => {
      const { rows, repeated } = await onceEach(tx, batch)
      const ids = rows.map(({ directoryId }) => directoryId)
      const known = await tx.markets.findByDirectoryIds(batch.source, ids)
      const byDirectoryId = new Map(known.map((market) => [market.directoryId, market]))
      const added = rows.filter((row) => !byDirectoryId.has(row.directoryId))
      const claimed = known.filter(({ unclaimed }) => !unclaimed).length
      const changed = rows.flatMap((row) => {
        const market = byDirectoryId.get(row.directoryId)
        if (market === undefined || !market.unclaimed) return []
        return isAs(market, row, needs) ? [] : [{ market, row }]
      })
      await add(tx, record, organizerId, batch.source, added, needs)
      await update(tx, record, changed, needs)
      const [imported, updated] = [added.length, changed.length]
      return { imported, updated, unchanged: rows.length - imported - updated - claimed, claimed, repeated }
    })

/** The first row of each id. */
async function onceEach(tx: Transaction, { run, markets, skipped }: DirectoryBatch) {
  const lines = await tx.markets.noteSeen(run, [...markets, ...skipped])
  const rows: DirectoryMarket[] = []
  const repeated: ImportCounts['repeated'][number][] = []
  for (const { line, ...row } of markets) {
    const { directoryId } = row
    const before = lines.get(directoryId)
    if (before !== undefined) repeated.push({ directoryId, line, before })
    else {
      lines.set(directoryId, line)
      rows.push(row)
    }
  }
  return { rows, repeated }
}

/** In few statements, however many rows: what is asked of the database is asked for all of them at once. */
async function add(
  tx: Transaction,
  record: RecordEvent,
  organizerId: string,
  directorySource: string,
  rows: readonly DirectoryMarket[],
  needs: Needs,
): Promise<void> {
  if (rows.length === 0) return
  const taken = await tx.markets.takenSlugs(rows.flatMap(wantedSlugs))
  const days: { market: Market; planned: MarketDay[] }[] = []
  const added = rows.map((row) => {
    const id = needs.random.uuid()
    const slug = freeSlug(wantedSlugs(row), taken, id)
    taken.add(slug)
    const createdAt = now(needs)
    // A directory does not tell how many stalls there are; an organizer will.
    const listed = { ...row, directorySource, unclaimed: true, stallCount: 0 }
    const market = new Market({ ...listed, id, organizerId, slug, createdAt })
    market.edit({ status: 'active' }, createdAt)
    const seasons = seasonsNow(row, needs)
    if (seasons.length > 0) days.push({ market, planned: market.schedule(seasons, createdAt) })
    record({ type: 'market-created', marketId: id, slug, organizerId, listing: listingOf(market) })
    return market
  })
  await tx.markets.addAll(added)
  for (const { market, planned } of days) {
    await tx.days.put(market.id, planned, market.createdAt)
    record({
      type: 'market-scheduled',
      marketId: market.id,
      slug: market.slug,
      organizerId,
      listing: listingOf(market),
      dates: planned.map(({ date }) => date),
      vendorIds: [],
    })
  }
}

/** When it opens from today on, by its own clock: without one, that is not known. */
function seasonsNow({ listing, timeZone }: DirectoryMarket, needs: Needs): Season[] {
  return timeZone === '' ? [] : seasonsAhead(listing.hours, dateAt(needs.clock.now(), timeZone))
}

async function update(
  tx: Transaction,
  record: RecordEvent,
  changes: readonly { readonly market: Market; readonly row: DirectoryMarket }[],
  needs: Needs,
): Promise<void> {
  if (changes.length === 0) return
  const recordEdit = await edits(
    tx,
    record,
    changes.map(({ market, row }) => ({ market, name: row.name })),
  )
  for (const { market, row } of changes) {
    const at = now(needs)
    const seasons = seasonsNow(row, needs)
    // A market without seasons needs no zone, and one with a zone may have them.
    const scheduled = !saysTheSame(market.seasons, seasons)
    if (scheduled && row.timeZone === '') await reschedule(tx, record, market, seasons, at)
    recordEdit(market, () => market.relist(row, at))
    if (scheduled && row.timeZone !== '') await reschedule(tx, record, market, seasons, at)
  }
}

/** What is recorded of edits to many markets, told for all of them at once. */
export async function edits(
  tx: Transaction,
  record: RecordEvent,
  changes: readonly { readonly market: Market; readonly name: string }[],
): Promise<(market: Market, edit: () => void) => void> {
  const vendorIds = await tx.markets.acceptedVendorIds(
    changes.map(({ market }) => market.id),
    ENOUGH_IDS,
  )
  const applicationsOf = await tellers(tx, changes)
  return (market, edit) => {
    const before = listingOf(market)
    const applications = applicationsOf(market)
    edit()
    record({
      type: 'market-edited',
      marketId: market.id,
      slug: market.slug,
      organizerId: market.organizerId,
      before,
      after: listingOf(market),
      vendorIds: vendorIds.get(market.id) ?? [],
      applications,
    })
  }
}

/** Whether the market has everything that the directory tells of it, opens as that says, and is listed. */
function isAs(market: Market, row: DirectoryMarket, needs: Needs): boolean {
  return (
    market.status === 'active' &&
    saysTheSame(market.seasons, seasonsNow(row, needs)) &&
    Object.entries(row).every(([field, value]) => saysTheSame(market[field as keyof DirectoryMarket], value))
  )
}
