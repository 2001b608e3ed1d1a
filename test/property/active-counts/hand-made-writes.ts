import fc from 'fast-check'

/** A statement as an operator might write it by hand, and how it prints itself in a failure. */
interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
  toString(): string
}

export interface HandMadeTransaction {
  readonly statements: readonly Statement[]
  readonly end: 'commit' | 'rollback'
}

export const CITIES = ['agra', 'bern', 'cork'] as const

const statement = (sql: string, parameters: readonly unknown[] = []): Statement => ({
  sql,
  parameters,
  toString: () => `${sql.replace(/\s+/g, ' ').trim()} ${JSON.stringify(parameters)}`,
})

const city = fc.constantFrom(...CITIES)
const status = fc.constantFrom('draft', 'active', 'closed')
/** Markets are numbered in their slugs, so that statements meet the same rows again and again. */
const number = fc.integer({ min: 0, max: 11 })

const COLUMNS =
  'id, organizer_id, slug, name, city, city_key, region, country, description, stall_count, vendor_count, status, created_at, updated_at'

/** The columns' values for the market `i`; the organizer is whatever single account there is. */
const row = (cityParameter: string, statusParameter: string) => `
  gen_random_uuid(), (select id from accounts limit 1), 'm' || i, 'Market ' || i, ${cityParameter}::text, ${cityParameter}::text,
  (array['IL', 'MO', ''])[1 + i % 3], (array['US', ''])[1 + i % 2], '', 5, 0,
  ${statusParameter}::text, now(), now()`

const statements = {
  insertMany: fc.tuple(number, city, status).map(([first, ...rest]) =>
    statement(
      `insert into markets (${COLUMNS}) select ${row('$2', '$3')} from generate_series($1::int, $1::int + 3) i
         on conflict (slug) do nothing`,
      [first, ...rest],
    ),
  ),
  upsert: fc.tuple(number, city, status).map((parameters) =>
    statement(
      `insert into markets (${COLUMNS}) select ${row('$2', '$3')} from (values ($1::int)) n (i)
       on conflict (slug) do update set city_key = excluded.city_key, status = excluded.status`,
      parameters,
    ),
  ),
  move: fc
    .tuple(number, city)
    .map((parameters) =>
      statement(`update markets set city_key = $2 where slug = 'm' || $1::int`, parameters),
    ),
  moveCity: fc
    .tuple(city, city)
    .map((parameters) => statement('update markets set city_key = $2 where city_key = $1', parameters)),
  moveRegion: fc
    .tuple(number, fc.constantFrom('IL', 'MO', ''))
    .map((parameters) =>
      statement(`update markets set region = $2, country = 'US' where slug = 'm' || $1::int`, parameters),
    ),
  setStatus: fc
    .tuple(number, status)
    .map((parameters) => statement(`update markets set status = $2 where slug = 'm' || $1::int`, parameters)),
  flipAll: fc.constant(
    statement(`update markets set status = case status when 'active' then 'closed' else 'active' end`),
  ),
  editOther: number.map((n) =>
    statement(
      `update markets set vendor_count = 1 - vendor_count, name = name || '!' where slug = 'm' || $1::int`,
      [n],
    ),
  ),
  delete: number.map((n) => statement(`delete from markets where slug = 'm' || $1::int`, [n])),
  truncate: fc.constant(statement('truncate markets cascade')),
}

const { truncate, ...mvcc } = statements

const SAVEPOINT = statement('savepoint here')
const BACK = statement('rollback to here')

function transactionsOf(anyStatement: fc.Arbitrary<Statement>): fc.Arbitrary<HandMadeTransaction> {
  const undone = anyStatement.map((one) => [SAVEPOINT, one, BACK])
  const done = anyStatement.map((one) => [one])
  return fc.record({
    statements: fc
      .array(fc.oneof(done, done, done, undone), { minLength: 1, maxLength: 4 })
      .map((all) => all.flat()),
    end: fc.constantFrom('commit', 'commit', 'commit', 'rollback'),
  })
}

export const handMadeTransaction = transactionsOf(fc.oneof(...Object.values(mvcc), truncate))

/** Without TRUNCATE, which no snapshot is safe from: PostgreSQL shows the empty table to those that began before it. */
export const concurrentTransaction = transactionsOf(fc.oneof(...Object.values(mvcc)))
