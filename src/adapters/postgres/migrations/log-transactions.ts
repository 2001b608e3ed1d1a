import { Migration } from '@mikro-orm/migrations'

/**
 * Which transaction a row of the log came with, so that a private cache can ask for the rows of those that it has not
 * seen committed. By default, so that a hand with psql and the release before this one say it too.
 *
 * Rows from before get this migration's own number. That is late enough: no instance asks by number before it has committed.
 */
export class LogTransactions extends Migration {
  override up(): void {
    this.addSql('alter table cache_invalidation add column xid xid8 not null default pg_current_xact_id()')
    this.addSql('create index cache_invalidation_xid on cache_invalidation (xid)')
  }
}
