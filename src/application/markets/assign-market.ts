import { normalizeEmail } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import type { DomainEvent } from '../../domain/events.ts'
import type { Market } from '../../domain/market.ts'
import type { Transaction } from '../ports/transactions.ts'
import { ENOUGH_IDS } from '../tables/tags.ts'
import { now, type Writing } from '../use-case/use-case.ts'
import type { MarketDetail } from '../views/views.ts'
import { listingOf } from './update-market.ts'

/**
 * An operator hands an unclaimed market to an organizer. From then on no import changes it.
 * @throws MarketflowError `market-not-found`, `organizer-not-found`, `market-claimed`
 */
export const AssignMarket =
  (needs: Writing) =>
  (slug: string, email: string): Promise<MarketDetail> =>
    needs.writes.run(async (tx, record) => {
      const market = await tx.markets.findBySlugForUpdate(slug)
      if (market === undefined) throw new MarketflowError('market-not-found', `There is no market ${slug}`)
      const found = await tx.accounts.findByEmail(normalizeEmail(email))
      // Locked: it may just be leaving.
      const organizer = found && (await tx.accounts.findForUpdate(found.id))
      if (organizer?.role !== 'organizer')
        throw new MarketflowError('organizer-not-found', `There is no organizer with the address ${email}`)
      const from = market.organizerId
      market.handOver(organizer.id, now(needs))
      record(await assigned(tx, market, from))
      return (await tx.views.marketDetail(market.id))!.value
    })

/** What is told of a market that has just got another organizer. */
export async function assigned(tx: Transaction, market: Market, from: string): Promise<DomainEvent> {
  // An edit of a vendor reads the organizers of its markets without locking those.
  await tx.vendors.holdApplicantsOf(market.id)
  const applications = (await tx.applications.at([market.id], ENOUGH_IDS)).get(market.id) ?? []
  return {
    type: 'market-assigned',
    marketId: market.id,
    slug: market.slug,
    from,
    to: market.organizerId,
    listing: listingOf(market),
    applicationIds: applications.map(({ applicationId }) => applicationId),
  }
}
