import { Migration } from '@mikro-orm/migrations'
import { LOGS_ITSELF } from './transaction-steps.ts'
import { AS_OWNER, LISTED_IN_PLACES, OUR_SCHEMA } from './writes-by-hand.ts'

/*
 * Where a market is, and the order in which people look for its name. The release before this one knows none of it: it
 * leaves the columns out, or writes nulls when it imports, and a trigger says what they are then.
 */

const COLUMNS = `
  alter table markets
    add column street text not null default '',
    add column region text not null default '',
    add column region_key text collate "C" not null default '',
    add column postcode text not null default '',
    add column country text not null default '',
    add column country_key text collate "C" not null default '',
    add column latitude double precision,
    add column longitude double precision,
    add column time_zone text not null default '',
    add column website text not null default '',
    add column name_key text collate "C" not null default '',
    add constraint markets_point_check check ((latitude is null) = (longitude is null)
      and latitude between -90 and 90 and longitude between -180 and 180)`

const utf8 = (text: string) => `convert_from('\\x${Buffer.from(text).toString('hex')}', 'UTF8')`

/** Letters that Unicode does not take apart into a base and its marks. */
const LETTERS = { ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ø: 'o', ł: 'l', đ: 'd', ð: 'd', ħ: 'h', ı: 'i', ŧ: 't' }

/**
 * The order of people, as far as all servers agree on it: PGlite has no ICU, and collations of a C library change with
 * it. Without case, accents and punctuation, and blanks count once; what differs in nothing else is in the order of its
 * code points.
 */
const NAME_KEY = `
  create function marketflow_name_key(name text) returns text language plpgsql immutable set search_path from current as $$
    declare
      folded text collate "C" := marketflow_city_key(name);
      key text collate "C";
    begin
      if folded ~ '[^\\u0001-\\u007f]' and getdatabaseencoding() = 'UTF8' then
        folded := regexp_replace(normalize(folded, NFKD), '[\\u0300-\\u036f]', '', 'g');
        ${Object.entries(LETTERS)
          .map(([letter, base]) => `folded := replace(folded, ${utf8(letter)}, '${base}');`)
          .join('\n        ')}
        folded := regexp_replace(translate(folded, ${utf8('’‘‚“”„«»‹›¡¿')}, ''), '[\\u2010-\\u2015\\u2026\\u2022]', ' ', 'g');
      end if;
      key := btrim(regexp_replace(regexp_replace(folded, '[''"\`]', '', 'g'), '[\\u0001-/:-@\\[-_{-\\u007f]+', ' ', 'g'), ' ');
      return case when key = '' then folded else key end;
    end $$`

/** For every writer: what is compared follows what is written. */
const FOLLOWS = [
  `create function marketflow_follow_market() returns trigger language plpgsql set search_path from current as $$
    begin
      new.street := coalesce(new.street, '');
      new.region := coalesce(new.region, '');
      new.postcode := coalesce(new.postcode, '');
      new.country := coalesce(new.country, '');
      new.time_zone := coalesce(new.time_zone, '');
      new.website := coalesce(new.website, '');
      new.region_key := marketflow_city_key(new.region);
      new.country_key := marketflow_city_key(new.country);
      new.name_key := marketflow_name_key(new.name);
      return new;
    end $$`,
  `create trigger markets_followed_on_insert before insert on markets
    for each row execute function marketflow_follow_market()`,
  `create trigger markets_followed_on_update before update of name, name_key, region, region_key, country, country_key on markets
    for each row execute function marketflow_follow_market()`,
]

/** Ids come from an index alone, whatever a list is narrowed to. Those of the release before stay as long as it runs. */
const INDEXES = [
  `create index markets_sorted on markets (name_key, name, id) where status = 'active'`,
  `create index markets_sorted_in_city on markets (city_key, name_key, name, id)
    include (region_key, country_key) where status = 'active'`,
  `create index markets_sorted_in_region on markets (region_key, name_key, name, id)
    include (country_key) where status = 'active' and region_key <> ''`,
  `create index markets_sorted_in_country on markets (country_key, name_key, name, id)
    where status = 'active' and country_key <> ''`,
]

/** What a list's length is kept under; null stands for all. Those of a city alone are the names that the release before reads. */
const SCOPE = `
  create function marketflow_scope(country text, region text, city text) returns text language sql immutable
  as $$
    select case when country is null and region is null then coalesce('city:' || city, 'all')
      else 'place:' || json_build_array(country, region, city)::text end
  $$`

/** Every list that a market is in: all, those of one name, and of two or three. None can be asked for by a name it lacks. */
const scopes = (rows: string) => `
  select marketflow_scope(country_key, region_key, city_key) as scope, sum(delta) as delta
  from (${rows}) moved group by cube (country_key, region_key, city_key)
  having sum(delta) <> 0 and country_key is distinct from '' and region_key is distinct from ''`

const arrived = `select country_key, region_key, city_key, 1 as delta from arrived where status = 'active'`
const departed = `select country_key, region_key, city_key, -1 as delta from departed where status = 'active'`

const addAll = (changes: string) => `
  for changed in ${changes} loop
    perform marketflow_add_active(changed.scope, changed.delta::bigint);
  end loop;`

const COUNTED = `
  create or replace function marketflow_count_active() returns trigger language plpgsql ${AS_OWNER} as $$
    declare
      changed record;
    begin
      if tg_op = 'INSERT' then ${addAll(scopes(arrived))}
      elsif tg_op = 'DELETE' then ${addAll(scopes(departed))}
      elsif tg_op = 'UPDATE' then ${addAll(scopes(`${departed} union all ${arrived}`))}
      else delete from active_market_counts;
      end if;
      return null;
    end $$`

/** No market has a place yet, so that no list of one has a length; and no view shows another text. */
const NAMES = 'update markets set name_key = marketflow_name_key(name)'

export class MarketPlaces extends Migration {
  override up(): void {
    const statements = [
      OUR_SCHEMA,
      ...LOGS_ITSELF.split('; '),
      COLUMNS,
      NAME_KEY,
      NAMES,
      ...FOLLOWS,
      ...INDEXES,
      SCOPE,
      COUNTED,
      ...LISTED_IN_PLACES,
    ]
    for (const statement of statements) this.addSql(statement)
  }
}
