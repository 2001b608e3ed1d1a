import { Migration } from '@mikro-orm/migrations'

/*
 * What is written past the unit of work, in psql, by a job or by a service in another language, is logged by triggers in
 * the writer's own commit: the tags of everything in which its rows showed, and show now. Tags are spelled out, and not
 * made by the application's functions: a database keeps what a migration said, whatever becomes of the code.
 *
 * A row may show in another table's row, which a second transaction may be changing meanwhile. The locks that hold
 * it still are those of the use cases. Where they would be too many, or where the snapshot is older than the lock, one
 * tag stands for all of the kind.
 */
const BY_HAND = `coalesce(current_setting('marketflow.unit_of_work', true), '') <> 'on'`
/** By hand, or by the release before, which logs no tags of these lists. */
const WITHOUT_PLACES = `coalesce(current_setting('marketflow.lists', true), '') <> 'places'`

/**
 * The functions run as the tables' owner, so that a role which may write to one of them needs no more than that. As in any
 * such function, no temporary table of the caller's may take the place of one of ours.
 */
export const OUR_SCHEMA = `
  select set_config('search_path',
    (select relnamespace::regnamespace::text from pg_class where oid = 'markets'::regclass) || ', pg_temp', true)`
export const AS_OWNER = 'security definer set search_path from current'

const SPECIAL = String.raw`[%:{}\s\u0001-\u001f\u007f-\u009f]`

/** The tags of a kind with these parts, encoded as in a key; of more than a hundred, the one that stands for the kind. */
const TAGS = `
  create function marketflow_tags(start text, parts text[]) returns text[] language sql immutable
  as $$
    select case when cardinality(parts) > 100 then array['every:' || left(start, -1)] else array(
      select start || case when part !~ '${SPECIAL}' then part else (
        select string_agg(case
          when c ~ '${SPECIAL}' then regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%\\1', 'g')
          else c end, '' order by n)
        from unnest(string_to_array(part, null)) with ordinality as characters (c, n)) end
      from unnest(parts) part) end
  $$`

/** The tags that begin so, for what a query of one column finds. */
const tags = (start: string, column: string, from: string) =>
  `marketflow_tags('${start}', array(select distinct ${column}::text from ${from} limit 101))`

/**
 * `vendor_count` is kept beside the applications it counts: by the domain, which sees to the stalls, and for SQL by hand
 * here, whichever of the two was written. The markets' rows are locked by now, so no other count is under way.
 */
const recount = (markets: string) => `
  update markets set vendor_count = accepted from (
    select market, (select count(*) from vendor_applications where market_id = market and status = 'accepted') as accepted
    from (select distinct ${markets}) counted (market)
  ) counted where id = market and vendor_count <> accepted;`

/** An application, and those whose position on a waiting list it may have changed. */
const CHANGED_OR_WAITING = `(
  select id, vendor_id from changed
  union all select id, vendor_id from vendor_applications
    where status = 'waitlisted' and market_id in (select market_id from changed where status = 'waitlisted')) applications`

/** For each table, what is done with the rows `changed`: as they were, and once more as they are. */
const CHANGED = {
  markets: `
    -- An edit of a vendor reads slugs and organizers of its markets without locking those.
    perform from vendors where id in (
      select vendor_id from changed join vendor_applications on market_id = changed.id
      where not exists (select from markets m where (m.id, m.slug, m.organizer_id) = (changed.id, changed.slug, changed.organizer_id))
    ) order by id for share;
    logged :=
      ${tags('market:', 'id', 'changed')} || ${tags('page:market:', 'slug', 'changed')} || ${tags('days:market:', 'id', 'changed')}
      || ${tags('stats:market:', 'id', 'changed')} || ${tags('applications:market:', 'id', 'changed')}
      || ${tags('organizer:', 'organizer_id', 'changed')}
      || array(select 'markets:active' from changed where status = 'active' limit 1)
      || ${tags('markets:active:city:', 'city_key', `changed where status = 'active'`)}
      || ${tags('markets:active:region:', 'region_key', `changed where status = 'active' and region_key <> ''`)}
      || ${tags('markets:active:country:', 'country_key', `changed where status = 'active' and country_key <> ''`)}
      || ${tags('markets:active:area:', 'marketflow_cell(latitude, longitude, 10)', `changed where status = 'active' and latitude is not null`)}
      || case when still
        then ${tags('vendor:', 'vendor_id', `vendor_applications where status = 'accepted' and market_id in (select id from changed)`)}
        else array['every:vendor'] end
      || case when still
        then ${tags('application:', 'id', 'vendor_applications where market_id in (select id from changed)')}
          || ${tags('applications:vendor:', 'vendor_id', 'vendor_applications where market_id in (select id from changed)')}
        else array['every:application', 'every:applications:vendor'] end;
    -- The release before counts its vendors itself, in an order of its own.
    if ${BY_HAND} then ${recount('id from changed')} end if;`,
  vendors: `
    still := still and few;
    if still then perform from vendors where id in (select id from changed) order by id for update; end if;
    logged := array['vendors:listed'] || ${tags('vendor:', 'id', 'changed')} || case when still then (
      with applied as materialized (
        select id, slug, organizer_id from markets
        where id in (select market_id from vendor_applications where vendor_id in (select id from changed)))
      select ${tags('market:', 'id', 'applied')} || ${tags('page:market:', 'slug', 'applied')}
        || ${tags('applications:market:', 'id', 'applied')} || ${tags('organizer:', 'organizer_id', 'applied')}
    ) || ${tags('application:', 'id', 'vendor_applications where vendor_id in (select id from changed)')}
    else array['every:market', 'every:page:market', 'every:applications:market', 'every:organizer', 'every:application'] end
      || ${tags('applications:vendor:', 'id', 'changed')};`,
  accounts: `
    still := still and few;
    if still then perform from accounts where id in (select id from changed) order by id for update; end if;
    logged :=
      -- Either side of an application is told the other's name and address.
      array['every:application'] || ${tags('applications:vendor:', 'vendor_id', 'changed where vendor_id is not null')}
      || ${tags('account:', 'id', 'changed')} || ${tags('organizer:', 'id', 'changed')}
      || ${tags('vendor:', 'vendor_id', 'changed where vendor_id is not null')}
      || case when still then
        ${tags('market:', 'id', 'markets where organizer_id in (select id from changed)')}
        || ${tags('page:market:', 'slug', 'markets where organizer_id in (select id from changed)')}
      else array['every:market', 'every:page:market'] end;`,
  vendor_applications: `
    perform from markets where id in (select market_id from changed) order by id for no key update;
    logged :=
      ${tags('application:', 'id', CHANGED_OR_WAITING)} || ${tags('applications:vendor:', 'vendor_id', CHANGED_OR_WAITING)} ||
      ${tags('stats:market:', 'market_id', 'changed')} || ${tags('applications:market:', 'market_id', 'changed')}
      || ${tags('vendor:', 'vendor_id', 'changed')} || ${tags('market:', 'market_id', `changed where status = 'accepted'`)}
      || array(select 'vendors:listed' from changed where status = 'accepted' limit 1)
      || ${tags('page:market:', 'slug', `markets where id in (select market_id from changed where status = 'accepted')`)}
      || case when few
        then ${tags('organizer:', 'organizer_id', 'markets where id in (select market_id from changed)')}
        else array['every:organizer'] end;
    ${recount(`market_id from changed where status = 'accepted'`)}`,
} as const

/** TRUNCATE tells no rows: all of the kinds that they showed in. That of vendors takes the accounts along. */
const TRUNCATED = {
  markets:
    'market page:market days:market markets:active:on stats:market applications:market organizer markets:active:city markets:active:region markets:active:country markets:active:area vendor application applications:vendor',
  accounts: 'account organizer vendor market page:market application applications:vendor',
  vendor_applications:
    'stats:market applications:market vendor market page:market organizer application applications:vendor',
} as const

const functionFor = ([table, statements]: readonly [string, string]) =>
  `create or replace function marketflow_log_${table}() returns trigger language plpgsql ${AS_OWNER} as $$
    declare
      logged text[];
      few boolean := (select count(*) <= 100 from (select from changed limit 101) sample);
      -- Rows that others lock to point to these, as foreign keys do, are seen by a snapshot from after the lock only.
      still boolean := tg_op <> 'UPDATE' or current_setting('transaction_isolation') in ('read committed', 'read uncommitted');
    begin
      if not exists (select from changed) then return null; end if;
      ${statements}
      perform marketflow_invalidate(variadic logged);
      return null;
    end $$`

const triggersFor = (table: string, condition = BY_HAND) =>
  [
    ['inserted', 'insert', 'new'],
    ['were', 'update', 'old'],
    ['are', 'update', 'new'],
    ['deleted', 'delete', 'old'],
  ].map(
    ([name, event, rows]) => `
    create or replace trigger ${table}_logged_as_${name} after ${event} on ${table} referencing ${rows} table as changed
      for each statement when (${condition}) execute function marketflow_log_${table}()`,
  )

const TRUNCATE = `
  create or replace function marketflow_log_truncated() returns trigger language plpgsql ${AS_OWNER} as $$
    begin
      insert into cache_invalidation (tags) values ('{markets:active,vendors:listed}'::text[] || array(select 'every:' || kind from unnest(tg_argv) kind));
      if tg_relid = 'vendor_applications'::regclass then update markets set vendor_count = 0 where vendor_count <> 0; end if;
      return null;
    end $$`

const onTruncate = ([table, kinds]: readonly [string, string], condition = BY_HAND) => `
  create or replace trigger ${table}_logged_as_truncated after truncate on ${table}
    for each statement when (${condition})
    execute function marketflow_log_truncated(${kinds.replace(/\S+/g, `'$&'`).replaceAll(' ', ', ')})`

/** Letters and their small ones, as JavaScript has them: lower() of PostgreSQL differs from server to server. */
const CAPITALS = Array.from({ length: 0x1ffff }, (_, point) => String.fromCodePoint(point)).filter(
  (letter) => letter > '\x7f' && [...letter.toLowerCase()].length === 1 && letter.toLowerCase() !== letter,
)
const utf8 = (text: string) => `convert_from('\\x${Buffer.from(text).toString('hex')}', 'UTF8')`

/** `normalizePlace` in SQL. */
const CITY_KEY = `
  create function marketflow_city_key(city text) returns text language plpgsql immutable as $$
    declare
      key text collate "C" := btrim(regexp_replace(city collate "C",
        '[\\s\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+', ' ', 'g'), ' ');
    begin
      if key ~ '[^\\u0001-\\u007f]' and getdatabaseencoding() = 'UTF8' then
        key := regexp_replace(key, '([^\\u0001-@\\[-\`{-~])' || ${utf8('Σ')} || '(?=$|[\\u0001-@\\[-\`{-~])', '\\1' || ${utf8('ς')}, 'g');
        key := replace(key, ${utf8('İ')}, ${utf8('i̇')});
        key := normalize(translate(lower(key), ${utf8(CAPITALS.join(''))}, ${utf8(CAPITALS.map((letter) => letter.toLowerCase()).join(''))}), NFC);
      end if;
      return lower(key);
    end $$`

/** The city as it is compared follows the city; one that is written by hand stays as it is. */
const FOLLOWS_CITY = [
  `create function marketflow_follow_city() returns trigger language plpgsql set search_path from current as $$
    begin
      new.city_key := marketflow_city_key(new.city);
      return new;
    end $$`,
  `create trigger markets_city_key_on_insert before insert on markets
    for each row when (new.city_key is null and ${BY_HAND}) execute function marketflow_follow_city()`,
  `create trigger markets_city_key_on_update before update of city on markets
    for each row when (new.city <> old.city and new.city_key = old.city_key and ${BY_HAND})
    execute function marketflow_follow_city()`,
]

/** A role that may write to markets may have them counted. */
const COUNTED_AS_OWNER = ['marketflow_count_active()', 'marketflow_add_active(text, bigint)'].map(
  (counting) => `alter function ${counting} ${AS_OWNER}`,
)

export class WritesByHand extends Migration {
  override up(): void {
    const statements = [
      OUR_SCHEMA,
      TAGS,
      ...Object.entries(CHANGED).flatMap((each) => [functionFor(each), ...triggersFor(each[0])]),
      TRUNCATE,
      ...Object.entries(TRUNCATED).map((each) => onTruncate(each)),
      CITY_KEY,
      ...FOLLOWS_CITY,
      ...COUNTED_AS_OWNER,
    ]
    for (const statement of statements) this.addSql(statement)
  }
}

/** After what a row shows in has changed: the triggers stay, and do what they do now. */
const ANEW = [
  ...Object.entries(CHANGED).map(functionFor),
  ...Object.entries(TRUNCATED).map((each) => onTruncate(each)),
]

/** The release before, which knows no places, is logged for when it writes to markets. */
export const LISTED_IN_PLACES = [
  ...ANEW,
  ...triggersFor('markets', WITHOUT_PLACES),
  onTruncate(['markets', TRUNCATED.markets], WITHOUT_PLACES),
]

/** Of a market's days, which are younger than the rest. */
const CHANGED_DAYS = `
    perform from markets where id in (select market_id from changed) order by id for no key update;
    logged :=
      ${tags('days:market:', 'market_id', 'changed')}
      || ${tags('page:market:', 'slug', 'markets where id in (select market_id from changed)')}
      || ${tags('vendor:', 'vendor_id', `vendor_applications where status = 'accepted' and market_id in (select market_id from changed)`)}
      || ${tags('markets:active:on:', `to_char(date, 'YYYY-MM-DD')`, `changed where market_id in (select id from markets where status = 'active')`)};`

const TRUNCATED_DAYS = onTruncate(['market_days', 'days:market page:market markets:active:on vendor'])

/** Days of markets show in the pages of vendors, too. */
export const DAYS_OF_VENDORS = [functionFor(['market_days', CHANGED_DAYS]), TRUNCATED_DAYS]

/** Days of markets show in pages, lists and calendars. */
export const DAYS_BY_HAND = [
  OUR_SCHEMA,
  functionFor(['markets', CHANGED.markets]),
  functionFor(['market_days', CHANGED_DAYS]),
  ...triggersFor('market_days'),
  TRUNCATED_DAYS,
  onTruncate(['markets', TRUNCATED.markets], WITHOUT_PLACES),
]

/** Nor does the release before say in which lists its vendors show. */
export const VENDORS_LISTED = [
  TRUNCATE,
  functionFor(['vendors', CHANGED.vendors]),
  functionFor(['vendor_applications', CHANGED.vendor_applications]),
  ...triggersFor('vendors', WITHOUT_PLACES),
]

/** Where a market is on the grid is in its lists. */
export const LISTED_IN_AREAS = [
  functionFor(['markets', CHANGED.markets]),
  onTruncate(['markets', TRUNCATED.markets], WITHOUT_PLACES),
]

export class WritesByHandAnew extends Migration {
  override up(): void {
    for (const statement of [OUR_SCHEMA, ...ANEW]) this.addSql(statement)
  }
}
