import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dose } from '../../support/dose.ts'
import { OPEN_TIMEOUT_MS } from '../../support/postgres-engines.ts'
import { UNSHRUNK } from '../../support/unshrunk.ts'
import { addAccount, MISCOUNTED, migrated, openPostgres, PROMPTS, type Prompt, type Sql } from './engines.ts'
import {
  CITIES,
  concurrentTransaction,
  type HandMadeTransaction,
  handMadeTransaction,
} from './hand-made-writes.ts'

const RUNS = Number(process.env.RUNS ?? dose(10, 30))
const SEED = Number(process.env.SEED ?? 1)
const TIMEOUT_MS = 60_000 + RUNS * 2_000

/** What a transaction may lose to: a lock it did not get in time, a deadlock, a unique slug, TRUNCATE with keys unchecked. */
const LOST = /^(55P03|40P01|23505|55006)$/

/** @returns whether it committed */
async function run(sql: Sql, { statements, end }: HandMadeTransaction): Promise<boolean> {
  await sql('begin')
  try {
    for (const statement of statements) await sql(statement.sql, statement.parameters)
  } catch (error) {
    await sql('rollback')
    if (LOST.test(String((error as { code?: unknown }).code))) return false
    throw error
  }
  await sql(end)
  return end === 'commit'
}

describe.each(PROMPTS)('the kept counts of active markets on $name', ({ open }) => {
  let prompt: Prompt
  beforeAll(async () => {
    prompt = await migrated(open())
  }, OPEN_TIMEOUT_MS)
  afterAll(() => prompt.close())

  it('are what counting gives, after whatever is written by hand', { timeout: TIMEOUT_MS }, async () => {
    const { sql } = prompt
    let counted = 0
    await fc.assert(
      fc.asyncProperty(fc.array(handMadeTransaction, { minLength: 1, maxLength: 8 }), async (writes) => {
        for (const write of writes) {
          await run(sql, write)
          expect(await sql(MISCOUNTED), String(write.statements)).toEqual([])
        }
        counted += (await sql(`select from active_market_counts where scope <> 'all'`)).length
        // One writer at a time needs one part of each count, and a count of zero none.
        expect(
          await sql('select scope from active_market_counts group by scope having count(*) > 1'),
        ).toEqual([])
        expect(await sql('select from active_market_counts where active = 0')).toEqual([])
      }),
      { ...UNSHRUNK, seed: SEED, numRuns: RUNS },
    )
    expect(counted, 'a run without a single active market has proved nothing').toBeGreaterThan(RUNS / 3)
  })

  it(
    'begin with what the tables held before there were counts',
    async () => {
      const older = await open()
      try {
        await older.orm.migrator.up({ to: '0001-initial-schema' })
        await addAccount(older.sql)
        await older.sql(`
        insert into markets select gen_random_uuid(), (select id from accounts), 's' || i, null, 'n', 'c', 'c' || i % 7, '', 1, 0,
          case when i % 3 = 0 then 'draft' else 'active' end, now(), now() from generate_series(1, 100) i`)
        await older.orm.migrator.up()
        expect(await older.sql(MISCOUNTED)).toEqual([])
        expect(await older.sql(`select active::int from active_market_counts where scope = 'all'`)).toEqual([
          { active: 67 },
        ])
      } finally {
        await older.close()
      }
    },
    OPEN_TIMEOUT_MS,
  )
})

describe('the kept counts of active markets, written at the same time', () => {
  const WRITERS = 4
  let prompt: Prompt & { readonly another: () => Promise<Sql> }
  let writers: Sql[]
  beforeAll(async () => {
    prompt = await migrated(openPostgres())
    writers = await Promise.all(Array.from({ length: WRITERS }, prompt.another))
    for (const sql of writers) {
      // Instead of waiting a second for each deadlock on the markets' own rows.
      await sql(`set lock_timeout = '10ms'`)
      // What is counted is so for every writer; what is logged would only make them meet less often.
      await sql('set marketflow.unit_of_work = on')
      await sql('set marketflow.lists = places')
    }
  })
  afterAll(() => prompt.close())

  it('are right in every snapshot', { timeout: TIMEOUT_MS }, async () => {
    const tally = { snapshots: 0, committed: 0, lost: 0, mostParts: 0 }
    const work = fc.array(concurrentTransaction, { minLength: 2, maxLength: 10 })
    const perWriter = fc.tuple(...Array.from({ length: WRITERS }, () => work))
    await fc.assert(
      fc.asyncProperty(perWriter, async (all) => {
        let writing = true
        const watching = (async () => {
          while (writing) {
            expect(await prompt.sql(MISCOUNTED)).toEqual([])
            tally.snapshots++
          }
        })()
        try {
          await Promise.all(
            all.map(async (writes, writer) => {
              for (const write of writes) tally[(await run(writers[writer]!, write)) ? 'committed' : 'lost']++
            }),
          )
        } finally {
          writing = false
          await watching
        }
        expect(await prompt.sql(MISCOUNTED)).toEqual([])
        const [parts] = await prompt.sql(
          'select coalesce(max(n), 0)::int as most from (select count(*) as n from active_market_counts group by scope) c',
        )
        tally.mostParts = Math.max(tally.mostParts, Number(parts?.most))
        expect(tally.mostParts, 'never more parts than writers').toBeLessThanOrEqual(WRITERS)
      }),
      { ...UNSHRUNK, seed: SEED, numRuns: RUNS },
    )
    // Writers that never met have proved nothing, nor have those of whom hardly one came through.
    expect(tally.mostParts).toBeGreaterThan(1)
    expect(tally.committed).toBeGreaterThan(4 * RUNS)
    expect(tally.snapshots).toBeGreaterThan(RUNS)
  })

  it('make no writer wait for another, in whatever order they touch cities', async () => {
    const { sql } = prompt
    await sql('truncate markets cascade')
    await sql(
      `
      insert into markets select gen_random_uuid(), (select id from accounts), 'm' || i, null, 'n', 'c', ($1::text[])[i], '', 1, 0,
        'active', now(), now() from generate_series(1, 3) i`,
      [CITIES],
    )
    const [one, other] = writers as [Sql, Sql]
    const move = (by: Sql, slug: string, city: string) =>
      by('update markets set city_key = $2 where slug = $1', [slug, city])
    await one('begin')
    await other('begin')
    await move(one, 'm1', CITIES[1])
    await move(other, 'm2', CITIES[0])
    await move(one, 'm1', CITIES[2])
    await move(other, 'm2', CITIES[2])
    await other(`update markets set status = 'closed' where slug = 'm2'`)
    expect(await sql(MISCOUNTED)).toEqual([])
    await one('commit')
    expect(await sql(MISCOUNTED)).toEqual([])
    await other('commit')
    expect(await sql(MISCOUNTED)).toEqual([])
  })
})
