import type { Market } from '../../domain/market.ts'

export abstract class MarketRepository {
  abstract add(market: Market): void
  /** Takes the row's lock until the transaction ends. */
  abstract findForUpdate(id: string): Promise<Market | undefined>
  abstract find(id: string): Promise<Market | undefined>
  abstract slugTaken(slug: string): Promise<boolean>
  /** The markets imported under these directory ids, locked. */
  abstract findByDirectoryIds(ids: readonly string[]): Promise<Market[]>
  /** Ids of the vendors accepted at this market: all, unless there are more than `atMost`. */
  abstract acceptedVendorIds(id: string, atMost: number): Promise<string[]>
}
