import { Migration } from '@mikro-orm/migrations'
import { DirectoryListings } from './directory-listings.ts'
import { ListedDays } from './listed-days.ts'
import { MarketDays } from './market-days.ts'
import { MarketPlaces } from './market-places.ts'
import { SearchCells, SearchProducts, SearchWords } from './search-words.ts'
import { WritesByHand, WritesByHandAnew } from './writes-by-hand.ts'

/**
 * Names are collated "C": by code point, the same on every PostgreSQL, on PGlite and in a JavaScript comparison. A
 * locale's order would differ between servers and change with an upgrade of their C library.
 *
 * Foreign keys are checked at COMMIT, so that a unit of work may insert in any order.
 */
const TABLES = [
  `create table vendors (
    id uuid primary key,
    business_name text collate "C" not null,
    category text not null,
    description text not null,
    website text not null,
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null
  )`,
  `create table accounts (
    id uuid primary key,
    email text not null constraint accounts_email_unique unique,
    name text not null,
    role text not null check (role in ('organizer', 'vendor')),
    password_hash text not null,
    vendor_id uuid unique references vendors deferrable initially deferred,
    created_at timestamptz(3) not null,
    check ((role = 'vendor') = (vendor_id is not null))
  )`,
  `create table markets (
    id uuid primary key,
    organizer_id uuid not null references accounts deferrable initially deferred,
    slug text not null constraint markets_slug_unique unique,
    directory_id text constraint markets_directory_id_unique unique,
    name text collate "C" not null,
    city text not null,
    city_key text collate "C" not null,
    description text not null,
    stall_count integer not null,
    vendor_count integer not null,
    status text not null check (status in ('draft', 'active', 'closed')),
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null,
    constraint markets_stalls_check check (vendor_count between 0 and stall_count)
  )`,
  `create table vendor_applications (
    id uuid primary key,
    market_id uuid not null references markets deferrable initially deferred,
    vendor_id uuid not null references vendors deferrable initially deferred,
    message text not null,
    status text not null check (status in ('pending', 'waitlisted', 'accepted', 'rejected', 'withdrawn')),
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null
  )`,
]

const INDEXES = [
  `create index markets_listed on markets (name, id) where status = 'active'`,
  `create index markets_listed_in_city on markets (city_key, name, id) where status = 'active'`,
  `create index markets_by_organizer on markets (organizer_id, status)`,
  `create unique index vendor_applications_live_unique on vendor_applications (market_id, vendor_id)
    where status in ('pending', 'waitlisted', 'accepted')`,
  `create index vendor_applications_newest on vendor_applications (market_id, created_at desc, id)`,
  `create index vendor_applications_by_status on vendor_applications (market_id, status, created_at desc, id)`,
  `create index vendor_applications_by_vendor on vendor_applications (vendor_id, status)`,
]

/** The log is polled several times a second: what the polls look at must stay as small as what is pending. */
const INVALIDATION_LOG = [
  `create table cache_invalidation (
    id bigint generated always as identity primary key,
    tags text[] not null,
    created_at timestamptz not null default now(),
    applied_at timestamptz
  )`,
  `create index cache_invalidation_pending on cache_invalidation (id) where applied_at is null`,
  `create index cache_invalidation_applied on cache_invalidation (applied_at) where applied_at is not null`,
  `create table cache_sweep (one boolean primary key default true check (one), sweeps bigint not null)`,
  `insert into cache_sweep (sweeps) values (0)`,
  // For operators who change data by hand: `select marketflow_invalidate('market:…', 'markets:active')` in the same transaction.
  `create function marketflow_invalidate(variadic tags text[]) returns bigint language sql
    as $$ insert into cache_invalidation (tags) values (tags) returning id $$`,
]

class InitialSchema extends Migration {
  override up(): void {
    for (const statement of [...TABLES, ...INDEXES, ...INVALIDATION_LOG]) this.addSql(statement)
  }
}

/** With a default, so that the release before this one goes on registering accounts while this one is rolled out. */
class SessionEpoch extends Migration {
  override up(): void {
    this.addSql('alter table accounts add column session_epoch integer not null default 0')
  }
}

/*
 * How many markets are active, everywhere and per city, kept by triggers: counting a million rows for every page of a
 * listing costs a thousand times what the page does. Triggers, so that every writer to `markets` is counted, this
 * service, an older release of it, or a hand with psql; and in the writer's own transaction, so that a snapshot's count
 * always fits its rows.
 */

/**
 * A count is the sum of its parts: usually one row. A writer takes a part that no transaction has locked and makes another one
 * when there is none, so two writers never wait for each other here, nor deadlock, in whatever order they touch
 * cities. There are never more parts than there were writers at one time.
 */
const PARTS = `
  create table active_market_counts (
    scope text collate "C" not null,
    part bigint generated always as identity,
    active bigint not null,
    primary key (scope, part)
  ) with (fillfactor = 50)`

const scopes = (rows: string) => `
  select coalesce('city:' || city_key, 'all') as scope, sum(delta) as delta
  from (${rows}) moved group by grouping sets ((city_key), ()) having sum(delta) <> 0`

const arrived = `select city_key, 1 as delta from arrived where status = 'active'`
const left = `select city_key, -1 as delta from departed where status = 'active'`

const addAll = (changes: string) => `
  for changed in ${changes} loop
    perform marketflow_add_active(changed.scope, changed.delta::bigint);
  end loop;`

/** `order by part`: the oldest parts stay in use, and what a crowd has left behind is not touched again. */
const FUNCTIONS = [
  `create function marketflow_add_active(counted text, delta bigint) returns void
    language plpgsql set search_path from current as $$
    declare
      free record;
    begin
      select part, active into free from active_market_counts
        where scope = counted order by part limit 1 for update skip locked;
      if not found then
        insert into active_market_counts (scope, active) values (counted, delta);
      elsif free.active + delta = 0 then
        delete from active_market_counts where scope = counted and part = free.part;
      else
        update active_market_counts set active = active + delta where scope = counted and part = free.part;
      end if;
    end $$`,
  `create function marketflow_count_active() returns trigger
    language plpgsql set search_path from current as $$
    declare
      changed record;
    begin
      if tg_op = 'INSERT' then ${addAll(scopes(arrived))}
      elsif tg_op = 'DELETE' then ${addAll(scopes(left))}
      elsif tg_op = 'UPDATE' then ${addAll(scopes(`${left} union all ${arrived}`))}
      else delete from active_market_counts;
      end if;
      return null;
    end $$`,
]

/** Once per statement, however many rows it touches: a bulk insert adds to each count once. */
const TRIGGERS = [
  ['insert', 'referencing new table as arrived'],
  ['update', 'referencing old table as departed new table as arrived'],
  ['delete', 'referencing old table as departed'],
  ['truncate', ''],
].map(
  ([event, tables]) =>
    `create trigger markets_counted_on_${event} after ${event} on markets ${tables}
      for each statement execute function marketflow_count_active()`,
)

/** Creating a trigger has locked out writers until this transaction ends, so nothing slips in between. */
const BACKFILL = `
  insert into active_market_counts (scope, active)
  ${scopes(`select city_key, 1 as delta from markets where status = 'active'`)}`

class ActiveMarketCounts extends Migration {
  override up(): void {
    for (const statement of [PARTS, ...FUNCTIONS, ...TRIGGERS, BACKFILL]) this.addSql(statement)
  }
}

/** A random id, which databases made from nothing have each of their own, also those embedded in a process. */
class DatabaseIdentity extends Migration {
  override up(): void {
    this.addSql('alter table cache_sweep add column database_id uuid not null default gen_random_uuid()')
  }
}

/**
 * Which transaction a row of the log came with, so that a private cache can ask for the rows of those that it has not
 * seen committed. By default, so that a hand with psql and the release before this one say it too.
 *
 * Rows from before get this migration's own number. That is late enough: no instance asks by number before it has committed.
 */
class LogTransactions extends Migration {
  override up(): void {
    this.addSql('alter table cache_invalidation add column xid xid8 not null default pg_current_xact_id()')
    this.addSql('create index cache_invalidation_xid on cache_invalidation (xid)')
  }
}

/**
 * The log is read in pieces, in the order of transactions: from where the last drain began, past everything that is
 * older. So an index entry of a row that was marked long ago, and that a held snapshot keeps from being vacuumed, is in
 * no drain's way.
 */
const LOG_INDEXES = [
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

class LogInPieces extends Migration {
  override up(): void {
    for (const statement of [...LOG_INDEXES, ...SWEPT]) this.addSql(statement)
  }
}

/**
 * The instances that serve hits from their own memory, and that writes wait for. It is logged: one that PostgreSQL had
 * forgotten after a crash could still have its lease.
 */
class CacheHolders extends Migration {
  override up(): void {
    this.addSql(`create table cache_holder (
      id integer generated always as identity primary key,
      retired boolean not null default false
    )`)
  }
}

/** Null for what the release before writes, which takes no stall from a vendor. */
class RemovalReasons extends Migration {
  override up(): void {
    this.addSql('alter table vendor_applications add column reason text')
    this.addSql(
      `create index vendor_applications_waiting on vendor_applications (market_id, updated_at, id) where status = 'waitlisted'`,
    )
  }
}

/**
 * What writes answered under their clients' keys. A row is complete when it is committed: what takes a key keeps its
 * answer in the same transaction.
 */
class IdempotencyKeys extends Migration {
  override up(): void {
    this.addSql(`create table idempotency_keys (
      account_id uuid not null,
      key text collate "C" not null,
      request text not null,
      answer text,
      tags text[],
      created_at timestamptz not null default now(),
      primary key (account_id, key)
    )`)
    this.addSql('create index idempotency_keys_by_age on idempotency_keys (created_at)')
  }
}

/**
 * Links by which accounts take another password, each by a digest of its secret; and the addresses that are to be sent
 * one, which are kept until a mail server has taken the mail.
 */
class PasswordResets extends Migration {
  override up(): void {
    this.addSql(`create table password_resets (
      secret_hash text collate "C" primary key,
      account_id uuid not null references accounts on delete cascade,
      session_epoch integer not null,
      expires_at timestamptz(3) not null
    )`)
    this.addSql('create index password_resets_by_account on password_resets (account_id)')
    this.addSql('create index password_resets_by_age on password_resets (expires_at)')
    this.addSql(`create table password_reset_requests (
      email text collate "C" primary key,
      requested_at timestamptz(3) not null,
      attempts integer not null default 0,
      due_at timestamptz(3) not null
    )`)
    this.addSql('create index password_reset_requests_due on password_reset_requests (due_at)')
  }
}

/** Applied in this order, each once, under these names. Listed, so that nothing depends on what lies on the disk. */
export const MIGRATIONS = [
  { name: '0001-initial-schema', class: InitialSchema },
  { name: '0002-session-epoch', class: SessionEpoch },
  { name: '0003-active-market-counts', class: ActiveMarketCounts },
  { name: '0004-database-identity', class: DatabaseIdentity },
  { name: '0005-log-transactions', class: LogTransactions },
  { name: '0006-log-in-pieces', class: LogInPieces },
  { name: '0007-cache-holders', class: CacheHolders },
  { name: '0008-writes-by-hand', class: WritesByHand },
  { name: '0009-removal-reasons', class: RemovalReasons },
  { name: '0010-applications-by-hand', class: WritesByHandAnew },
  { name: '0011-market-places', class: MarketPlaces },
  { name: '0012-idempotency-keys', class: IdempotencyKeys },
  { name: '0013-directory-listings', class: DirectoryListings },
  { name: '0014-market-days', class: MarketDays },
  { name: '0015-search-words', class: SearchWords },
  { name: '0016-listed-days', class: ListedDays },
  { name: '0017-search-cells', class: SearchCells },
  { name: '0018-password-resets', class: PasswordResets },
  { name: '0019-search-products', class: SearchProducts },
]
