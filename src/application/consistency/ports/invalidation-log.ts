/** A committed write's tags, waiting to be invalidated or already so. */
export interface LoggedInvalidation {
  readonly id: string
  readonly tags: readonly string[]
  /** Whether it is marked applied. */
  readonly applied: boolean
}

/**
 * Up to where the log has been read: every transaction that had committed then. What it is made of is the log's affair.
 * It is no watermark: a transaction that began before may commit after.
 */
export type LogPosition = object

/** What one look at the log showed, all of it as of one moment. */
export interface KeptRows {
  readonly rows: readonly LoggedInvalidation[]
  /** How often rows have been swept so far. */
  readonly sweeps: string
  readonly position: LogPosition
}

/**
 * The log of committed invalidations (`cache_invalidation`), read over a connection of its own so that a busy pool
 * cannot make leases lapse. Rows enter it through `Transaction.logInvalidation` only, in the commit that they tell of.
 * Every method throws Unavailable `database-unavailable` when PostgreSQL does not answer within the deadline.
 */
export abstract class InvalidationLog {
  /** All rows not marked applied. No watermark, no SKIP LOCKED: a lower id may commit later, and no instance is spared a row. */
  abstract pending(): Promise<readonly LoggedInvalidation[]>
  /**
   * All rows, applied or pending; with `since`, only those of transactions that had not committed then. A position that
   * proves nothing any more, because the connection it was read over is gone, gives all rows again.
   */
  abstract kept(since?: LogPosition): Promise<KeptRows>
  /** Marks rows applied; their tags' stamps are gone by now. */
  abstract markApplied(ids: readonly string[]): Promise<void>
  /** Deletes rows that were marked longer than `keptMs` ago, and counts the sweep if it deleted any. Pending rows stay. */
  abstract sweep(keptMs: number): Promise<number>
  /** Ends a query under way, so that a drain that hangs does not outlive the process. */
  abstract close(): Promise<void>
}
