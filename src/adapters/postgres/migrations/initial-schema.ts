import { Migration } from '@mikro-orm/migrations'

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

export class InitialSchema extends Migration {
  override up(): void {
    for (const statement of [...TABLES, ...INDEXES, ...INVALIDATION_LOG]) this.addSql(statement)
  }
}
