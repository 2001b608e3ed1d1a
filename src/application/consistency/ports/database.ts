/** Where loads read. */
export interface Snapshots<Source> {
  /**
   * Runs the queries in one snapshot of the primary that begins after this call, never inside a write transaction and
   * past every result cache.
   * @throws Unavailable `database-unavailable` when the database is out of reach or too slow
   */
  read<T>(queries: (source: Source) => Promise<T>): Promise<T>
}

/** What the core asks of a write's transaction. */
export interface LoggingTransaction {
  /**
   * Has the tags in the invalidation log once this transaction has committed, and not before. Resolves with the
   * transaction's number, by which the log's rows are told.
   */
  logInvalidation(tags: readonly string[]): Promise<string>
}

export interface Transactions<Tx extends LoggingTransaction> {
  /**
   * Runs the work in one transaction and resolves once COMMIT has returned.
   * @throws CommitUnknown when the outcome of COMMIT is not known
   * @throws Unavailable `database-unavailable` when the database is out of reach
   */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

/** Thrown when a COMMIT was sent and its answer never came: the write may or may not have happened. */
export class CommitUnknown extends Error {
  override readonly name = 'CommitUnknown'
}
