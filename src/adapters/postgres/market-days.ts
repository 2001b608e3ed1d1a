import { Migration } from '@mikro-orm/migrations'
import { DAYS_BY_HAND } from './writes-by-hand.ts'

/*
 * The dates on which markets open, as rows: they can be listed by date, and changed one by one. The release before knows
 * none; where it writes a whole market, a trigger says that it has no seasons.
 */

const HOUR = '^([01][0-9]|2[0-3]):[0-5][0-9]$'

const DAYS = [
  `alter table markets add column seasons jsonb not null default '[]' check (jsonb_typeof(seasons) = 'array')`,
  `create function marketflow_follow_seasons() returns trigger language plpgsql as $$
    begin
      new.seasons := coalesce(new.seasons, '[]');
      return new;
    end $$`,
  `create trigger markets_seasons_on_insert before insert on markets
    for each row when (new.seasons is null) execute function marketflow_follow_seasons()`,
  `create table market_days (
    id uuid primary key default gen_random_uuid(),
    market_id uuid not null references markets on delete cascade deferrable initially deferred,
    date date not null check (date between '1900-01-01' and '2999-12-31'),
    opens text not null check (opens ~ '${HOUR}'),
    closes text not null check (closes ~ '${HOUR}'),
    status text not null default 'planned' check (status in ('planned', 'cancelled')),
    note text not null default '',
    updated_at timestamptz(3) not null default now(),
    constraint market_days_date_unique unique (market_id, date)
  )`,
  `create index market_days_open on market_days (date, market_id) where status = 'planned'`,
]

/** The date of a moment where a market stands; in Greenwich where its zone is none. No clock is read. */
const LOCAL_DATE = `
  create function marketflow_local_date(moment timestamptz, zone text) returns date language plpgsql immutable as $$
    begin
      return (moment at time zone coalesce(nullif(zone, ''), 'UTC'))::date;
    exception when invalid_parameter_value then
      return (moment at time zone 'UTC')::date;
    end $$`

export class MarketDays extends Migration {
  override up(): void {
    for (const statement of [...DAYS, LOCAL_DATE, ...DAYS_BY_HAND]) this.addSql(statement)
  }
}
