import type { AccountRepository } from './account-repository.ts'
import type { ApplicationRepository } from './application-repository.ts'
import type { MarketRepository } from './market-repository.ts'
import type { VendorRepository } from './vendor-repository.ts'
import type { ViewQueries } from './view-queries.ts'

/** What a write may touch, all in one database transaction. */
export interface Transaction {
  readonly accounts: AccountRepository
  readonly markets: MarketRepository
  readonly vendors: VendorRepository
  readonly applications: ApplicationRepository
  /** The views as this transaction sees them, its own changes included. For answers; never for the cache. */
  readonly views: ViewQueries
  /** Writes the tags to the invalidation log, in this transaction. Returns the row's id. */
  logInvalidation(tags: readonly string[]): Promise<string>
}

/** Thrown when a COMMIT was sent and its answer never came: the write may or may not have happened. */
export class CommitUnknown extends Error {
  override readonly name = 'CommitUnknown'
}

export abstract class Transactions {
  /**
   * Runs the work in one read-committed transaction on the primary and resolves once COMMIT has returned.
   * @throws CommitUnknown when the outcome of COMMIT is not known
   * @throws MarketflowError `database-unavailable` when PostgreSQL is out of reach; `conflict` for a broken unique rule
   */
  abstract run<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
}
