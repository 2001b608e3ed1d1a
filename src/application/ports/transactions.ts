import type { LoggingTransaction, Transactions as TransactionsOf } from '../consistency/ports/database.ts'
import type {
  AccountRepository,
  ApplicationRepository,
  KeptAnswers,
  MarketDayRepository,
  MarketRepository,
  PasswordResetRepository,
  VendorRepository,
} from './repositories.ts'
import type { ViewQueries } from './view-queries.ts'

/** What a write may touch, all in one database transaction. */
export interface Transaction extends LoggingTransaction {
  readonly accounts: AccountRepository
  readonly markets: MarketRepository
  readonly days: MarketDayRepository
  readonly vendors: VendorRepository
  readonly applications: ApplicationRepository
  readonly resets: PasswordResetRepository
  readonly answers: KeptAnswers
  /** The views as this transaction sees them, its own changes included. For answers; never for the cache. */
  readonly views: ViewQueries
}

export abstract class Transactions implements TransactionsOf<Transaction> {
  /**
   * Runs the work in one read-committed transaction on the primary and resolves once COMMIT has returned.
   * @throws CommitUnknown when the outcome of COMMIT is not known
   * @throws Unavailable `database-unavailable` when PostgreSQL is out of reach; `overloaded` when other writes are in the way
   * @throws MarketflowError `email-taken`, `slug-taken` and their like for a broken unique rule
   */
  abstract run<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /**
   * Looks something up on the primary, past every cache, and changes nothing: not kept waiting by writes.
   * @throws Unavailable `database-unavailable` when PostgreSQL is out of reach
   */
  abstract look<T>(work: (tx: Pick<Transaction, 'accounts' | 'resets'>) => Promise<T>): Promise<T>
}
