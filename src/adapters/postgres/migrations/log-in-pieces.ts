import { Migration } from '@mikro-orm/migrations'

/**
 * The log is read in pieces, in the order of transactions: from where the last drain began, past everything that is
 * older. So an index entry of a row that was marked long ago, and that a held snapshot keeps from being vacuumed, is in
 * no drain's way.
 */
const INDEXES = [
  'create index cache_invalidation_by_transaction on cache_invalidation (xid, id)',
  'drop index cache_invalidation_xid',
  'drop index cache_invalidation_pending',
  'create index cache_invalidation_pending on cache_invalidation (xid, id) where applied_at is null',
]

/**
 * The latest transaction of which a row was ever deleted: a private cache that has seen it has missed nothing. By a
 * trigger, so that a hand with psql and the release before this one note it too. Numbers that this server has not given
 * out yet are from elsewhere, as in a restored dump: such rows are told at every drain until they are gone.
 */
const SWEPT = [
  `alter table cache_sweep add column swept xid8 not null default '0'`,
  `create function marketflow_note_swept() returns trigger
    language plpgsql set search_path from current as $$
    begin
      update cache_sweep set swept = latest.xid
        from (
          select xid from gone where xid < pg_snapshot_xmax(pg_current_snapshot()) order by xid desc limit 1
        ) latest
        where cache_sweep.swept < latest.xid or cache_sweep.swept >= pg_snapshot_xmax(pg_current_snapshot());
      return null;
    end $$`,
  `create trigger cache_invalidation_swept after delete on cache_invalidation
    referencing old table as gone for each statement execute function marketflow_note_swept()`,
]

export class LogInPieces extends Migration {
  override up(): void {
    for (const statement of [...INDEXES, ...SWEPT]) this.addSql(statement)
  }
}
