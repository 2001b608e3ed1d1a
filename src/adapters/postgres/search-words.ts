import { Migration } from '@mikro-orm/migrations'
import { following } from './kept-rows.ts'
import { LOGS_ITSELF } from './transaction-steps.ts'
import { DAYS_OF_VENDORS, LISTED_IN_AREAS, OUR_SCHEMA, VENDORS_LISTED } from './writes-by-hand.ts'

/*
 * The words by which active markets and vendors are found, as rows in the order of names: whatever the table's size,
 * the first 200 of a word are 200 entries of an index. Neither PGlite nor every server has an extension for
 * this. A market's rows depend on its own row alone, and a vendor's on its own: no two writers need each other's locks.
 *
 * What is no word, but narrows like one, begins with `@`, which no word does.
 */

const TABLE = [
  `create table search_words (
    id uuid not null,
    word text collate "C" not null,
    kind text collate "C" not null check (kind in ('market', 'vendor')),
    name_key text collate "C" not null,
    name text collate "C" not null,
    primary key (id, word)
  )`,
  'create index search_words_by_name on search_words (kind, word, name_key, name, id)',
]

/** Where a point is on the grid (`domain/grid.ts`), in cells or, ten at a time, in areas; null for what is nowhere. */
const CELL = `
  create or replace function marketflow_cell(latitude float8, longitude float8, cells int) returns text
  language sql immutable as $$
    select floor(floor(latitude * 10) / cells)::int || ',' || case
      when floor(latitude * 10) >= 800 or floor(latitude * 10) < -800 then 0
      else floor((mod(floor(longitude * 10)::int + 1800, 3600) - 1800)::float8 / cells)::int end
  $$`

const utf8 = (text: string) => `convert_from('\\x${Buffer.from(text).toString('hex')}', 'UTF8')`

const FUNCTIONS = [
  // As names are compared: without case, accents and punctuation.
  CELL,
  `create function marketflow_words(said text) returns text[] language sql immutable set search_path from current as $$
    select coalesce(array_agg(distinct left(word, 60)), '{}')
    from unnest(string_to_array(marketflow_name_key(said), ' ')) word where word <> ''
  $$`,
  // The last word that one of three letters or more begins; others begin none but themselves.
  `create function marketflow_last_word(word text) returns text language plpgsql immutable as $$
    begin
      if length(word) < 3 or left(word, 1) = '@' then return word; end if;
      return word || case when getdatabaseencoding() = 'UTF8' then ${utf8('\u{10ffff}')} else '~' end;
    end $$`,
]

interface Kind {
  readonly table: string
  /** All that a row's words depend on, beside its id. */
  readonly columns: readonly string[]
  readonly found: string
  readonly name: string
  readonly words: string
  readonly narrowing: string
}

const cell = `'@cell:' || marketflow_cell(latitude, longitude, 1)`
/** What a directory says is sold there, whatever else a hand may have written into it. */
const listedProducts = `(
  select array_agg('@product:' || left(product, 60))
  from jsonb_array_elements_text(jsonb_path_query_array(listing, '$.products[*]')) product)`
const place = (name: string) => `case when ${name}_key <> '' then '@${name}:' || ${name}_key end`

const MARKETS: Kind = {
  table: 'markets',
  columns: [
    'status',
    'name',
    'name_key',
    'city',
    'region',
    ...['city', 'region', 'country'].map((each) => `${each}_key`),
    'latitude',
    'longitude',
    `listing -> 'products'`,
  ],
  found: `status = 'active'`,
  name: 'name_key, name',
  words: `concat_ws(' ', name, city, region)`,
  narrowing: `array[${['city', 'region', 'country'].map(place).join(', ')}, ${cell}] || ${listedProducts}`,
}

/** As long as vendors did not say what they sell. */
const NAMED_VENDORS: Kind = {
  table: 'vendors',
  columns: ['business_name'],
  found: 'true',
  name: 'marketflow_name_key(business_name), business_name',
  words: 'business_name',
  narrowing: `'{}'::text[]`,
}

/** All of them have a word of their own: so they are listed in the order of names. */
const VENDORS: Kind = {
  ...NAMED_VENDORS,
  columns: [...NAMED_VENDORS.columns, 'products'],
  narrowing: `(select array_prepend('@vendor', array_agg('@product:' || left(product, 60))) from unnest(products) product)`,
}

const wordsOf = ({ table, found, name, words, narrowing }: Kind, from: string) => `
  insert into search_words (id, kind, name_key, name, word)
  select id, '${table.slice(0, -1)}', ${name}, word
  from ${from} each, unnest(marketflow_words(${words}) || ${narrowing}) word
  where ${found} and word is not null
  on conflict do nothing`

function kept(kind: Kind): string[] {
  const { table, columns } = kind
  return following({
    table,
    key: ['id'],
    columns,
    function: `marketflow_find_${table}`,
    trigger: `${table}_found`,
    add: (rows) => wordsOf(kind, rows),
    remove: (rows) => `delete from search_words where id in (select id from ${rows} gone)`,
    removeAll: `delete from search_words where kind = '${table.slice(0, -1)}'`,
  })
}

export class SearchWords extends Migration {
  override up(): void {
    const statements = [
      OUR_SCHEMA,
      ...LOGS_ITSELF.split('; '),
      ...TABLE,
      ...FUNCTIONS,
      ...[MARKETS, NAMED_VENDORS].flatMap(kept),
      ...[MARKETS, NAMED_VENDORS].map((kind) => wordsOf(kind, kind.table)),
      'analyze search_words',
      ...VENDORS_LISTED,
    ]
    for (const statement of statements) this.addSql(statement)
  }
}

/** Markets are found by where they are, too. */
export class SearchCells extends Migration {
  override up(): void {
    const statements = [
      OUR_SCHEMA,
      ...LOGS_ITSELF.split('; '),
      CELL,
      ...kept(MARKETS),
      wordsOf({ ...MARKETS, words: `''`, narrowing: `array[${cell}]` }, 'markets'),
      'analyze search_words',
      ...LISTED_IN_AREAS,
    ]
    for (const statement of statements) this.addSql(statement)
  }
}

/** Vendors say what they sell, and markets are found by it, too; the release before leaves the column out. */
export class SearchProducts extends Migration {
  override up(): void {
    const statements = [
      OUR_SCHEMA,
      ...LOGS_ITSELF.split('; '),
      `alter table vendors add column products text[] not null default '{}'`,
      ...[MARKETS, VENDORS].flatMap(kept),
      wordsOf({ ...MARKETS, words: `''`, narrowing: listedProducts }, 'markets'),
      wordsOf({ ...VENDORS, words: `''` }, 'vendors'),
      'analyze search_words',
      ...DAYS_OF_VENDORS,
    ]
    for (const statement of statements) this.addSql(statement)
  }
}
