import type { Market } from '../../domain/market.ts'

export abstract class MarketRepository {
  abstract add(market: Market): void
  /** Many new ones, in one statement, at once. */
  abstract addAll(markets: readonly Market[]): Promise<void>
  /** Takes the row's lock until the transaction ends. */
  abstract findForUpdate(id: string): Promise<Market | undefined>
  abstract find(id: string): Promise<Market | undefined>
  /** Those of these slugs that markets have. */
  abstract takenSlugs(slugs: readonly string[]): Promise<Set<string>>
  /** The markets imported under these directory ids, locked. */
  abstract findByDirectoryIds(ids: readonly string[]): Promise<Market[]>
  /** By market, the ids of the vendors accepted there: all, unless there are more than `atMost`. */
  abstract acceptedVendorIds(ids: readonly string[], atMost: number): Promise<Map<string, string[]>>
}
