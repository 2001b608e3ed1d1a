import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tags } from '../../../src/application/tables/tags.ts'
import { VIEWS } from '../../../src/application/use-cases.ts'
import { areaName, cellName, cellOf } from '../../../src/domain/grid.ts'
import { normalizePlace } from '../../../src/domain/market.ts'
import { EMBEDDED, ENGINES, OPEN_TIMEOUT_MS } from '../../support/postgres-engines.ts'
import { UNSHRUNK } from '../../support/unshrunk.ts'
import { NUCLEUS } from './commands.ts'
import { Hand } from './hand.ts'
import { ASSIGNMENTS, deletes, handMade, inserts, TABLES, type Table, updates } from './sql-by-hand.ts'

/** Worlds per engine (`RUNS`), from `SEED` on. */
const RUNS = Number(process.env.RUNS ?? 4)
const SEED = Number(process.env.SEED ?? 1)
const TIMEOUT_MS = 60_000 + RUNS * 120_000

/** Those of the log and its readers, of clients' keys, of what is kept, and of the migrations: no read shows them. */
const NOT_SHOWN = [
  'active_market_counts',
  'cache_holder',
  'cache_invalidation',
  'cache_sweep',
  'directory_row_seen',
  'idempotency_keys',
  'listed_days',
  'mikro_orm_migrations',
  'password_reset_requests',
  'password_resets',
  'search_words',
]

const ROWS = [{ first: 0, count: 20 }, ...Array.from({ length: 8 }, (_, first) => ({ first, count: 1 }))]

/** Every way to write to a table, each as the ways to try it until one changes something. */
function writesTo(table: Table): readonly (readonly [string, readonly (readonly string[])[]])[] {
  const columns = ['id', ...Object.keys(ASSIGNMENTS[table]!)]
  return [
    ...columns.map(
      (column, n) => [`update of ${column}`, ROWS.map((which) => updates(table, column, n, which))] as const,
    ),
    ['insert', [1, 2, 3, 4].map((n) => inserts(table, n, 2))],
    ['delete', [deletes(table, ROWS[1]!)]],
    ['truncate', [[`truncate ${table} cascade`]]],
  ]
}

/** 150 of everything: a vendor in each market, and each market another organizer's and in another city. */
const CROWD = [
  `insert into accounts (id, email, name, role, password_hash, created_at)
    select md5('o' || i)::uuid, 'crowd-' || i, 'O', 'organizer', '!', now() from generate_series(1, 150) i`,
  `insert into vendors (id, business_name, category, description, website, created_at, updated_at)
    select md5('v' || i)::uuid, 'V', 'c', '', '', now(), now() from generate_series(1, 150) i`,
  `insert into markets (id, organizer_id, slug, name, city, description, stall_count, vendor_count, status, created_at, updated_at)
    select md5('m' || i)::uuid, md5('o' || i)::uuid, 'crowd-' || i, 'M' || i, 'Town ' || i, '', 5, 0, 'active', now(), now()
    from generate_series(1, 150) i`,
  `insert into vendor_applications
    select md5('a' || i)::uuid, md5('m' || i)::uuid, md5('v' || i)::uuid, '', 'accepted', now(), now() from generate_series(1, 150) i`,
]

const RUN = { isolation: 'read committed', end: 'commit' } as const

/** @returns what is not covered of the first of these that changes something */
async function uncoveredBy(
  hand: Hand,
  ways: readonly (readonly string[])[],
): Promise<readonly string[] | undefined> {
  for (const statements of ways) {
    const { lost, affected, uncovered } = await hand.commit({ statements, ...RUN })
    if (!lost && (affected.some((rows) => rows > 0) || statements[0]!.startsWith('truncate')))
      return uncovered
  }
  return undefined
}

describe.each(ENGINES)(
  'what SQL by hand changes is logged with a tag of every view that shows it, on $name',
  (engine) => {
    let hand: Hand
    let close: () => Promise<void>
    beforeAll(async () => {
      ;({ hand, close } = await Hand.open(engine))
    }, OPEN_TIMEOUT_MS)
    afterAll(() => close())

    it('there is a write for every column of every table: a new one needs its triggers, and its row here', async () => {
      const found = await hand.sql(`
      select table_name as table, array_to_json(array_agg(column_name::text order by column_name))::text as columns
      from information_schema.columns join information_schema.tables using (table_schema, table_name)
      where table_schema = 'public' and table_type = 'BASE TABLE' group by table_name order by table_name`)
      const columns = Object.fromEntries(
        found.map((row) => [String(row.table), JSON.parse(String(row.columns))]),
      )
      for (const table of NOT_SHOWN) delete columns[table]
      expect(columns).toEqual(
        Object.fromEntries(
          TABLES.map((table) => [table, ['id', ...Object.keys(ASSIGNMENTS[table]!)].toSorted()]),
        ),
      )
    })

    it('the database and the domain agree on where a point is on the grid', async () => {
      const edges = [-90, -80.1, -80, -79.95, -0.1, 0, 4.35, 8.2, 64.1, 79.99999999999999, 80, 90]
      const points = edges.flatMap((latitude) =>
        [-180, -179.95, -0.1, -0.0000001, 0, 1.1, 179.99999999999997, 180].map((longitude) => ({
          latitude,
          longitude,
        })),
      )
      const rows = await hand.sql(
        `select marketflow_cell(p.latitude, p.longitude, 1) as cell, marketflow_cell(p.latitude, p.longitude, 10) as area
      from json_to_recordset('${JSON.stringify(points)}') p (latitude float8, longitude float8)`,
      )
      expect(rows).toEqual(points.map(cellOf).map((cell) => ({ cell: cellName(cell), area: areaName(cell) })))
    })

    it.each(TABLES)('every write to %s', { timeout: 120_000 }, async (table) => {
      await hand.reset()
      for (const [what, ways] of writesTo(table)) {
        expect(await uncoveredBy(hand, ways), what).toEqual([])
        expect(await hand.miskept(), what).toEqual([])
      }
    })

    it('random transactions in random worlds', { timeout: TIMEOUT_MS }, async () => {
      const seen = new Map<string, number>()
      await fc.assert(
        fc.asyncProperty(fc.array(handMade, { minLength: 8, maxLength: 14, size: 'max' }), async (made) => {
          await hand.reset()
          for (const each of made) {
            const { lost, changed, uncovered, tags } = await hand.commit(each)
            expect(
              uncovered,
              `${each.statements.join('; ')} (${each.isolation}) logged ${tags.join(' ')}`,
            ).toEqual([])
            if (lost) expect({ changed, tags }).toEqual({ changed: [], tags: [] })
            expect(await hand.miskept(), each.statements.join('; ')).toEqual([])
            for (const name of changed)
              seen.set(name.split(' ')[0]!, 1 + (seen.get(name.split(' ')[0]!) ?? 0))
          }
        }),
        { ...UNSHRUNK, seed: SEED, numRuns: RUNS },
      )
      if (RUNS < 4) return
      // A run that saw none of these has proved nothing.
      for (const { name } of Object.values(VIEWS)) expect(seen.get(name) ?? 0, name).toBeGreaterThan(0)
    })

    it('of a crowd one tag stands for all, whatever the statement changes', {
      timeout: 180_000,
    }, async () => {
      await hand.reset()
      hand.oneIn = 15
      try {
        for (const statement of CROWD) await hand.sql(statement)
        await hand.judge()
        for (const table of TABLES) {
          const columns = Object.keys(ASSIGNMENTS[table]!).filter(
            (column) => !/role|vendor_id|market_id|vendor_count/.test(column),
          )
          // One of each table that shows far away, and the one that moves it.
          for (const column of columns.filter((each) => /name|slug|organizer_id|message|status/.test(each))) {
            const { lost, uncovered } = await hand.commit({
              statements: updates(table, column, 1, { first: 0, count: 1000 }),
              ...RUN,
            })
            expect({ lost, uncovered }, `${table}.${column}`).toEqual({ lost: false, uncovered: [] })
            expect(hand.logged.length, `${table}.${column}`).toBeLessThanOrEqual(6)
            for (const row of hand.logged) expect(row.length).toBeLessThan(120)
          }
        }
        expect(await hand.miskept()).toEqual([])
      } finally {
        hand.oneIn = 1
      }
    })

    it('a write of the unit of work is logged once, by itself', async () => {
      expect(await hand.reset()).toBe(NUCLEUS.length)
    })

    it('names cities as the application does', async () => {
      const text = fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'binary' }),
        fc.constantFrom(
          'İzmir',
          'ΑΘΉΝΑΣ',
          'ΟΔΥΣΣΕΥΣ ΠΟΛΗ',
          ' São\u00a0 Paulo ',
          'A\u030angstro\u0308m',
          'a:b {c} 100%',
          'Łódź',
        ),
      )
      const city = text.filter((each) => each.isWellFormed() && !each.includes('\0'))
      await fc.assert(
        fc.asyncProperty(city, async (typed) => {
          const [row] = await hand.session(async (connection) => {
            const { rows } = await connection.query(
              `select marketflow_city_key($1) as key, (marketflow_tags('markets:active:city:', array[marketflow_city_key($1)]))[1] as tag`,
              [typed],
            )
            return rows
          })
          const key = normalizePlace(typed)
          expect(row).toEqual({ key, tag: tags.cityListings(key) })
        }),
        { ...UNSHRUNK, seed: SEED, numRuns: 20 * RUNS },
      )
    })
  },
)

describe('without one of its triggers', () => {
  let hand: Hand
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ hand, close } = await Hand.open(EMBEDDED))
  }, OPEN_TIMEOUT_MS)
  afterAll(() => close())

  it('a table has writes that are caught', { timeout: 180_000 }, async () => {
    const triggers = await hand.sql(
      `select tgname as name, tgrelid::regclass::text as table from pg_trigger where tgname like '%_logged_as_%' order by 1`,
    )
    expect(triggers).toHaveLength(4 * TABLES.length + 4)
    const missed: string[] = []
    for (const { name, table } of triggers as unknown as readonly {
      readonly name: string
      readonly table: Table
    }[]) {
      await hand.sql(`alter table ${table} disable trigger ${name}`)
      if (!(await caught(hand, table, name))) missed.push(name)
      await hand.sql(`alter table ${table} enable trigger ${name}`)
    }
    expect(missed).toEqual([])
  })
})

async function caught(hand: Hand, table: Table, trigger: string): Promise<boolean> {
  const event = trigger.endsWith('inserted')
    ? /insert/
    : trigger.endsWith('deleted')
      ? /delete/
      : trigger.endsWith('truncated')
        ? /truncate/
        : /update/
  // For the others enough is left, but after a TRUNCATE nothing is.
  if (!event.test('truncate') && !event.test('delete')) await hand.reset()
  // Rows that nothing points to: what points to others is logged by its own table.
  const alone = await hand.commit({ statements: inserts(table, 1, 2), ...RUN })
  if (event.test('insert')) {
    // The first pair may exist already.
    const more = [2, 3, 4].map((n) => () => hand.commit({ statements: inserts(table, n, 2), ...RUN }))
    let { uncovered } = alone
    for (const insert of more) if (uncovered.length === 0) ({ uncovered } = await insert())
    return uncovered.length > 0
  }
  const ways = event.test('delete')
    ? ROWS.slice(1).map((which) => deletes(table, which))
    : writesTo(table)
        .filter(([what]) => event.test(what))
        .flatMap(([, each]) => each)
  for (const statements of ways) {
    const { uncovered } = await hand.commit({ statements, ...RUN })
    if (uncovered.length > 0) return true
  }
  return false
}
