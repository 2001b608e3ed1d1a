import { normalizeEmail } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
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
      const organizer = await tx.accounts.findByEmail(normalizeEmail(email))
      if (organizer?.role !== 'organizer')
        throw new MarketflowError('organizer-not-found', `There is no organizer with the address ${email}`)
      // An edit of a vendor reads the organizers of its markets without locking those.
      await tx.vendors.holdApplicantsOf(market.id)
      const from = market.organizerId
      market.handOver(organizer.id, now(needs))
      const applications = (await tx.applications.at([market.id], ENOUGH_IDS)).get(market.id) ?? []
      record({
        type: 'market-assigned',
        marketId: market.id,
        slug: market.slug,
        from,
        to: organizer.id,
        listing: listingOf(market),
        applicationIds: applications.map(({ applicationId }) => applicationId),
      })
      return (await tx.views.marketDetail(market.id))!.value
    })
