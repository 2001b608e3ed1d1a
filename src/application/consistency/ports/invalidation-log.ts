import { Unavailable } from './unavailable.ts'

/**
 * Up to where the log has been read: every transaction that had committed then. What it is made of is the log's affair.
 * It is no watermark: a transaction that began before may commit after.
 */
export interface LogPosition {
  /** Whether the transaction of this number had ended by then. */
  sees(transaction: string): boolean
}

/** An instance that serves hits from its own memory: writes wait until it has deleted their stamps, or has no lease. */
export interface Holder {
  /** Of one incarnation, and of one connection of its log. */
  readonly id: string
  /** It may renew its lease no more; the last one may still run. */
  readonly retired: boolean
  /** False: the connection that registered it has ended, so it cannot acknowledge anything. */
  readonly connected: boolean
}

/** Where a walk over the log goes on. All walks go the same way, so that one may go on where another stopped. */
export type LogCursor = object

/** As many rows of the log as one look may hold. Every look shows at least what had committed before it was asked for. */
export interface LogPiece {
  /** The tags of its rows, each once. */
  readonly tags: readonly string[]
  /** The ids of those of its rows that are not marked applied. */
  readonly pending: readonly string[]
  /** Where the next piece begins; undefined: this was the last. */
  readonly next: LogCursor | undefined
  /** Up to where the log had been written at this look. */
  readonly position: LogPosition
  /** The instances that held entries of their own at this look. */
  readonly holders: readonly Holder[]
  /** Rows may have been swept that `since` did not see. */
  readonly missed: boolean
}

/** What instances have left undone. */
export interface Backlog {
  /** Those of the transactions asked about whose rows are not all marked. */
  readonly awaited: ReadonlySet<string>
  /** How many rows are not marked; counted up to ten thousand. */
  readonly rows: number
  /** How long ago the first of them was written, in ms; 0 without one. */
  readonly oldestMs: number
  readonly holders: readonly Holder[]
}

/**
 * What holders have said they have applied. Over one connection: after a crash PostgreSQL gives numbers of transactions
 * out again, so what was said before it proves nothing about a number from after.
 */
export class Acknowledgements {
  readonly #latest = new Map<string, LogPosition>()
  #told = Promise.withResolvers<void>()

  /** The stamps of every row that the position sees are gone from this holder's memory. */
  add(holder: string, position: LogPosition): void {
    this.#latest.set(holder, position)
    this.#told.resolve()
    this.#told = Promise.withResolvers()
  }

  /** Those of the holders that have not said so of this transaction. */
  lacking(holders: readonly Holder[], transaction: string): Holder[] {
    return holders.filter(({ id }) => this.#latest.get(id)?.sees(transaction) !== true)
  }

  /** What the holder has said last. */
  of(holder: string): LogPosition | undefined {
    return this.#latest.get(holder)
  }

  /** Resolves when one more has come. */
  next(): Promise<void> {
    return this.#told.promise
  }
}

/** PostgreSQL answers, only not this, and not in time: it is slow, but not silent. */
export class LogOverdue extends Unavailable {
  constructor(cause: unknown) {
    super('database-unavailable', { cause })
  }
}

export interface HolderMessage {
  readonly applied?: { readonly holder: string; readonly position: LogPosition }
  readonly wake: boolean
}

/**
 * The log of committed invalidations (`cache_invalidation`), read over a connection of its own so that a busy pool
 * cannot make leases lapse. Rows enter it in the commit that they tell of: by `LoggingTransaction.logInvalidation`, or
 * by triggers for what is written by hand. It may be long, so it is read in pieces, each under a deadline of its own.
 * Every method throws Unavailable `database-unavailable` when PostgreSQL does not answer within the deadline.
 */
export abstract class InvalidationLog {
  /**
   * Rows that are not marked, beginning at `after`; with `since`, only those of transactions that had not committed then.
   * No watermark, no SKIP LOCKED: a lower id may commit later, and no instance is spared a row. A position that proves
   * nothing any more, because the connection it was read over is gone, is as none.
   */
  abstract pending(since?: LogPosition, after?: LogCursor): Promise<LogPiece>
  /** The same for all rows, marked or not. */
  abstract kept(since?: LogPosition, after?: LogCursor): Promise<LogPiece>
  /** Whether a position still proves anything. */
  abstract knows(position: LogPosition): boolean
  /** Marks rows applied; their tags' stamps are gone by now. At most a piece's at once. */
  abstract markApplied(ids: readonly string[]): Promise<void>
  /** What is left undone, and rows of which of these transactions are among it. */
  abstract backlog(transactions: readonly string[]): Promise<Backlog>
  /**
   * Makes this instance a holder, under an id that no other ever had, and resolves once that is committed. In the same
   * commit it takes the place of `before`, which was this instance's own.
   */
  abstract register(before?: string): Promise<string>
  abstract retire(ids: readonly string[]): Promise<void>
  /** Takes holders off the list. */
  abstract remove(ids: readonly string[]): Promise<void>
  /** What holders have acknowledged over the connection that there is now; over the next, it is another object. */
  abstract get acknowledgements(): Acknowledgements
  /**
   * Tells all instances, this one included, outside of every transaction: that a holder has applied what the position
   * sees, and that a write waits for them all. A message may be late, or lost.
   */
  abstract tell(message: HolderMessage): Promise<void>
  /** `wake` is called when an instance, this one included, says that a write waits. */
  abstract onWake(wake: () => void): void
  /** Deletes rows that were marked longer than `keptMs` ago, and notes that it did. Pending rows stay. */
  abstract sweep(keptMs: number): Promise<number>
  /** Ends a query under way, so that a drain that hangs does not outlive the process. */
  abstract close(): Promise<void>
}
