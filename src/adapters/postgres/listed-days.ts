import { Migration } from '@mikro-orm/migrations'
import { following } from './kept-rows.ts'
import { LOGS_ITSELF } from './transaction-steps.ts'
import { OUR_SCHEMA } from './writes-by-hand.ts'

/*
 * The days on which active markets open, as rows that have what lists by date are sorted and narrowed by: so a page of
 * one is some entries of an index, however many markets there are. Kept by triggers, for every writer and the release
 * before. A row depends on a day and on its market: who writes a day holds its market's row still.
 */

const KEPT = ['name_key', 'name', 'city_key', 'region_key', 'country_key', 'time_zone'] as const
const IN_ORDER = 'name_key, name, market_id'

const TABLE = [
  `create table listed_days (
    market_id uuid not null,
    date date not null,
    ${KEPT.map((column) => `${column} text collate "C" not null`).join(', ')},
    primary key (market_id, date)
  )`,
  `create index listed_days_sorted on listed_days (date, ${IN_ORDER}) include (time_zone)`,
  `create index listed_days_in_city on listed_days (date, city_key, ${IN_ORDER}) include (region_key, country_key, time_zone)`,
  `create index listed_days_in_region on listed_days (date, region_key, ${IN_ORDER}) include (country_key, time_zone)
    where region_key <> ''`,
  `create index listed_days_in_country on listed_days (date, country_key, ${IN_ORDER}) include (time_zone)
    where country_key <> ''`,
  // So that the zones that there are cost a look each.
  `create index markets_zones on markets (time_zone) where status = 'active'`,
]

const listed = (days: string, markets: string) => `
  insert into listed_days (market_id, date, ${KEPT.join(', ')})
  select m.id, d.date, ${KEPT.map((column) => `m.${column}`).join(', ')}
  from ${days} d join ${markets} m on m.id = d.market_id
  where d.status = 'planned' and m.status = 'active'
  on conflict do nothing`

const follows = (
  table: string,
  key: readonly string[],
  columns: readonly string[],
  gone: string,
  add: (rows: string) => string,
) =>
  following({
    table,
    key,
    columns,
    function: `marketflow_list_${table}`,
    trigger: `${table}_listed`,
    add,
    remove: (rows) => `delete from listed_days l using ${rows} d where ${gone}`,
    removeAll: 'delete from listed_days',
  })

const FOLLOWED = [
  ...follows(
    'market_days',
    ['market_id', 'date'],
    ['status'],
    '(l.market_id, l.date) = (d.market_id, d.date)',
    // The statement after the lock sees what was committed while it waited.
    (days) => `
      perform from markets where id in (select market_id from ${days} d) order by id for no key update;
      ${listed(days, 'markets')}`,
  ),
  ...follows('markets', ['id'], ['status', ...KEPT], 'l.market_id = d.id', (markets) =>
    listed('market_days', markets),
  ),
]

export class ListedDays extends Migration {
  override up(): void {
    const statements = [
      OUR_SCHEMA,
      ...LOGS_ITSELF.split('; '),
      ...TABLE,
      ...FOLLOWED,
      listed('market_days', 'markets'),
      'analyze listed_days',
    ]
    for (const statement of statements) this.addSql(statement)
  }
}
