import { MarketflowError } from '../../domain/errors.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import { assertSeen, type Seen } from '../use-case/precondition.ts'
import type { Writing } from '../use-case/use-case.ts'
import { GetMarket } from './market-reads.ts'
import { assertOrganizes } from './update-market.ts'

/**
 * An organizer throws a draft away. Its slug is free again.
 * @throws MarketflowError `market-not-found`, `forbidden`, `precondition-failed`, or `not-a-draft`.
 */
export const DeleteMarket =
  (needs: Pick<Writing, 'writes'>) =>
  (id: string, viewer: Viewer, seen?: Seen): Promise<void> =>
    needs.writes.run(async (tx, record) => {
      const market = await tx.markets.findForUpdate(id)
      if (market === undefined) throw new MarketflowError('market-not-found')
      assertOrganizes(viewer, market)
      await assertSeen(seen, GetMarket.view, tx.views, { id: market.id })
      market.assertDraft()
      // A hand may have made a draft again of what vendors have applied to.
      if ((await tx.applications.at([market.id], 1)).get(market.id)?.length)
        throw new MarketflowError('not-a-draft', 'Vendors have applied to the market')
      tx.markets.remove(market)
      record({ type: 'market-deleted', marketId: market.id, organizerId: market.organizerId })
    })
