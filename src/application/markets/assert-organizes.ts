import { MarketflowError } from '../../domain/errors.ts'
import type { Market } from '../../domain/market.ts'
import type { Viewer } from '../ports/token-issuer.ts'

/** @throws MarketflowError `forbidden` unless the market is theirs; `market-not-found` for another organizer's draft. */
export function assertOrganizes(viewer: Viewer, market: Market): void {
  if (market.organizerId === viewer.accountId) return
  throw new MarketflowError(market.status === 'draft' ? 'market-not-found' : 'forbidden')
}
