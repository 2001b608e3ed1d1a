import type { Connections } from './connections.ts'

/**
 * The log's tables as they are now, for a database that is not Marketflow's own: the migrations come to the same, and a
 * test holds the two together. Statements that may run again; what a later release adds, it adds as such a statement.
 */
const SCHEMA = [
  `create table if not exists cache_invalidation (
    id bigint generated always as identity primary key,
    tags text[] not null,
    created_at timestamptz not null default now(),
    applied_at timestamptz,
    xid xid8 not null default pg_current_xact_id()
  )`,
  'create index if not exists cache_invalidation_applied on cache_invalidation (applied_at) where applied_at is not null',
  'create index if not exists cache_invalidation_by_transaction on cache_invalidation (xid, id)',
  'create index if not exists cache_invalidation_pending on cache_invalidation (xid, id) where applied_at is null',
  `create table if not exists cache_sweep (
    one boolean primary key default true check (one),
    sweeps bigint not null,
    database_id uuid not null default gen_random_uuid(),
    swept xid8 not null default '0'
  )`,
  'insert into cache_sweep (sweeps) values (0) on conflict do nothing',
  `create table if not exists cache_holder (
    id integer generated always as identity primary key,
    retired boolean not null default false
  )`,
  `create or replace function marketflow_invalidate(variadic tags text[]) returns bigint language sql
    as $$ insert into cache_invalidation (tags) values (tags) returning id $$`,
  `create or replace function marketflow_note_swept() returns trigger
    language plpgsql set search_path from current as $$
    begin
      update cache_sweep set swept = latest.xid
        from (
          select xid from gone where xid < pg_snapshot_xmax(pg_current_snapshot()) order by xid desc limit 1
        ) latest
        where cache_sweep.swept < latest.xid or cache_sweep.swept >= pg_snapshot_xmax(pg_current_snapshot());
      return null;
    end $$`,
  `create or replace trigger cache_invalidation_swept after delete on cache_invalidation
    referencing old table as gone for each statement execute function marketflow_note_swept()`,
]

/** Instances that start at once create it one after the other. */
const LOCK = `select pg_advisory_xact_lock(hashtext('marketflow log schema'))`
const PRESENT = `
  select to_regclass('cache_invalidation') is not null and to_regclass('cache_sweep') is not null
    and to_regclass('cache_holder') is not null as present`

/** Creates the log's tables where they are missing: a role that may not create any is enough once they are there. */
export async function prepareLog(connections: Connections): Promise<void> {
  await connections.run(async (connection) => {
    const { rows } = await connection.query(PRESENT)
    if (rows[0]?.present === true) return
    await connection.begin('begin')
    try {
      for (const statement of [LOCK, ...SCHEMA]) await connection.query(statement)
      await connection.query('commit')
    } catch (error) {
      await connection.query('rollback').catch(() => {})
      throw error
    }
  })
}
