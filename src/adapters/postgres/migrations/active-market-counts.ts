import { Migration } from '@mikro-orm/migrations'

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

export class ActiveMarketCounts extends Migration {
  override up(): void {
    for (const statement of [PARTS, ...FUNCTIONS, ...TRIGGERS, BACKFILL]) this.addSql(statement)
  }
}
