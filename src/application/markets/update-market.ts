import { MarketflowError } from '../../domain/errors.ts'
import type { ApplicationIds, Listing } from '../../domain/events.ts'
import type { Market, MarketChanges } from '../../domain/market.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { Transaction } from '../ports/transactions.ts'
import { ENOUGH_IDS } from '../tables/tags.ts'
import { assertSeen, type Seen } from '../use-case/precondition.ts'
import { now, type Writing } from '../use-case/use-case.ts'
import type { MarketDetail } from '../views/views.ts'
import { GetMarket } from './market-reads.ts'

/**
 * An organizer edits a market, publishes it, closes it or opens it again.
 * @throws MarketflowError `market-not-found`, `forbidden`, `precondition-failed`, or what `Market.edit` says.
 */
export const UpdateMarket =
  (needs: Writing) =>
  (id: string, changes: MarketChanges, viewer: Viewer, seen?: Seen): Promise<MarketDetail> =>
    needs.writes.run(async (tx, record) => {
      const market = await tx.markets.findForUpdate(id)
      if (market === undefined) throw new MarketflowError('market-not-found')
      assertOrganizes(viewer, market)
      await assertSeen(seen, GetMarket.view, tx.views, { id: market.id })
      const before = listingOf(market)
      const applicationsOf = await tellers(tx, [{ market, name: changes.name }])
      market.edit(changes, now(needs))
      record({
        type: 'market-edited',
        marketId: market.id,
        slug: market.slug,
        organizerId: market.organizerId,
        before,
        after: listingOf(market),
        vendorIds: await vendorsAt(tx, market),
        applications: applicationsOf(market),
      })
      return (await tx.views.marketDetail(market.id))!.value
    })

/** Who is accepted there. */
export async function vendorsAt(tx: Transaction, { id }: Market): Promise<readonly string[]> {
  return (await tx.markets.acceptedVendorIds([id], ENOUGH_IDS)).get(id) ?? []
}

/** The applications at each of these markets that tell its name, if it is about to get another one. */
export async function tellers(
  tx: Transaction,
  edits: readonly { readonly market: Market; readonly name: string | undefined }[],
): Promise<(market: Market) => readonly ApplicationIds[]> {
  const renamed = edits.filter(({ market, name = market.name }) => name !== market.name)
  const found = await tx.applications.at(
    renamed.map(({ market }) => market.id),
    ENOUGH_IDS,
  )
  return ({ id }) => found.get(id) ?? []
}

/** @throws MarketflowError `forbidden` unless the market is theirs; `market-not-found` for another organizer's draft. */
export function assertOrganizes(viewer: Viewer, market: Market): void {
  if (market.organizerId === viewer.accountId) return
  throw new MarketflowError(market.status === 'draft' ? 'market-not-found' : 'forbidden')
}

/** How a market stands in the listings now. */
export function listingOf(market: Market): Listing {
  const { city, region, country, latitude, longitude, status } = market
  return { city, region, country, latitude, longitude, listed: status === 'active' }
}
