import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPEN_TIMEOUT_MS, SERVER } from '../../support/postgres-engines.ts'
import { UNSHRUNK } from '../../support/unshrunk.ts'
import { type Commit, Hand } from './hand.ts'
import { besideAnother, type HandMade } from './sql-by-hand.ts'

const RUNS = Number(process.env.RUNS ?? 4)
const SEED = Number(process.env.SEED ?? 1)
/** Until a statement or a COMMIT is taken to wait for the other transaction, in ms. Too short a time only joins two looks. */
const WAITS_MS = 150

/** A transaction that is left open when its statements are done, until it is told to go on. */
class Open {
  readonly #work: Promise<{ lost: boolean }>
  readonly #done = Promise.withResolvers<void>()
  readonly #goOn = Promise.withResolvers<void>()

  constructor(hand: Hand, made: Omit<HandMade, 'end'>, meanwhile?: () => Promise<void>) {
    this.#work = hand.session(async (connection) => {
      await connection.query(`set lock_timeout = '5s'`)
      const [first, ...rest] = made.statements
      const begun = await hand.run(connection, {
        ...made,
        statements: meanwhile ? [first!] : made.statements,
      })
      if (begun.lost) return begun
      await meanwhile?.()
      for (const statement of meanwhile ? rest : []) await connection.query(statement)
      this.#done.resolve()
      await this.#goOn.promise
      return hand.end(connection)
    })
    this.#work.catch(() => {}).finally(() => this.#done.resolve())
  }

  /** @returns whether its statements are done, and not waiting for another transaction */
  ready(): Promise<boolean> {
    return soon(this.#done.promise)
  }

  /** @returns whether it has ended */
  commit(): Promise<boolean> {
    this.#goOn.resolve()
    return soon(this.#work)
  }

  async ended(): Promise<void> {
    this.#goOn.resolve()
    await this.#work
  }
}

function soon(work: Promise<unknown>): Promise<boolean> {
  return Promise.race([work.then(() => true), sleep(WAITS_MS, false)])
}

/** Both are open at once, and everything is looked at between their ends. */
async function twoAtOnce(
  hand: Hand,
  [one, other]: readonly [Open, () => Open],
  firstEnds: 'one' | 'other',
): Promise<Commit[]> {
  await one.ready()
  const two = other()
  const order = (await two.ready()) && firstEnds === 'other' ? [two, one] : [one, two]
  const seen: Commit[] = []
  if (await order[0]!.commit()) seen.push(await hand.judge())
  await order[1]!.ended()
  await order[0]!.ended()
  return [...seen, await hand.judge()]
}

const READ_COMMITTED = 'read committed'
const market = (n: number) => `(select id from markets order by name limit 1 offset ${n})`
const vendor = (n: number) => `(select id from vendors order by business_name limit 1 offset ${n})`
const ROW = 'gen_random_uuid()'

interface Race {
  readonly name: string
  readonly statements: readonly [readonly string[], readonly string[]]
  readonly firstEnds: 'one' | 'other'
  /** What holds them apart: without it, the race is lost. */
  readonly heldBy: readonly [table: string, text: string, instead: string]
}

const RACES: readonly Race[] = [
  {
    name: 'a vendor is renamed while it applies to another market',
    statements: [
      [`update vendors set business_name = 'Zoe' where id = ${vendor(0)}`],
      [
        `insert into vendor_applications values (${ROW}, ${market(1)}, ${vendor(0)}, '', 'pending', now(), now())`,
      ],
    ],
    firstEnds: 'other',
    heldBy: ['vendors', 'if still then perform', 'if false then perform'],
  },
  {
    name: 'an organizer is renamed while it gets another market',
    statements: [
      [
        `update accounts set name = 'Zoe' where id = (select organizer_id from markets order by name limit 1)`,
      ],
      [
        `insert into markets (id, organizer_id, slug, name, city, description, stall_count, vendor_count, status, created_at, updated_at)
          select ${ROW}, organizer_id, 'another', 'Another', 'Chicago', '', 3, 0, 'active', now(), now() from markets order by name limit 1`,
      ],
    ],
    firstEnds: 'other',
    heldBy: ['accounts', 'if still then perform', 'if false then perform'],
  },
  {
    name: 'a market is renamed while a stall of it passes to another vendor',
    statements: [
      [
        `update vendor_applications set vendor_id = ${vendor(2)} where id = (
          select id from vendor_applications where market_id = ${market(0)} and status = 'accepted' order by id limit 1)`,
      ],
      [`update markets set name = 'Zinnia' where id = ${market(0)}`],
    ],
    firstEnds: 'one',
    heldBy: ['vendor_applications', 'perform from markets', 'perform from vendors'],
  },
  {
    name: 'a market passes to another organizer while a vendor applies to it',
    statements: [
      [
        `insert into vendor_applications values (${ROW}, ${market(1)}, ${vendor(0)}, '', 'pending', now(), now())`,
      ],
      [
        `update markets set organizer_id = (select organizer_id from markets order by name limit 1) where id = ${market(1)}`,
      ],
    ],
    firstEnds: 'other',
    heldBy: ['vendor_applications', 'perform from markets', 'perform from vendors'],
  },
  {
    name: 'a market takes another slug while one of its vendors is renamed',
    statements: [
      [`update markets set slug = 'another' where id = ${market(0)}`],
      [`update vendors set business_name = 'Zoe' where id = ${vendor(0)}`],
    ],
    firstEnds: 'one',
    heldBy: ['markets', 'perform from vendors', 'perform from accounts'],
  },
]

describe('two transactions by hand at once', () => {
  let hand: Hand
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ hand, close } = await Hand.open(SERVER))
  }, OPEN_TIMEOUT_MS)
  afterAll(() => close())

  async function uncoveredIn({ statements: [one, other], firstEnds }: Race): Promise<readonly string[]> {
    await hand.reset()
    const open = (statements: readonly string[]) => new Open(hand, { statements, isolation: READ_COMMITTED })
    const commits = await twoAtOnce(hand, [open(one), () => open(other)], firstEnds)
    expect(commits.some(({ changed }) => changed.length > 0)).toBe(true)
    return commits.flatMap(({ uncovered }) => uncovered)
  }

  /** With another function of a trigger's than the migration's. */
  async function without<T>(fn: string, text: string, instead: string, work: () => Promise<T>): Promise<T> {
    const [row] = await hand.sql(`select pg_get_functiondef('marketflow_${fn}()'::regprocedure) as body`)
    const body = String(row?.body)
    expect(body).toContain(text)
    await hand.sql(body.replace(text, instead))
    try {
      return await work()
    } finally {
      await hand.sql(body)
    }
  }

  it.each(RACES)(
    '$name: both are seen, and without its lock one is not',
    { timeout: 60_000 },
    async (race) => {
      const [table, text, instead] = race.heldBy
      expect(await uncoveredIn(race)).toEqual([])
      const found = await without(`log_${table}`, text, instead, () => uncoveredIn(race))
      expect(found).not.toEqual([])
    },
  )

  async function uncoveredInOlderSnapshot(): Promise<readonly string[]> {
    await hand.reset()
    const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const statements = ['select from vendors', ...RACES[0]!.statements[0]]
    const renaming = new Open(hand, { statements, isolation: 'repeatable read' }, () => {
      begun.resolve()
      return goOn.promise
    })
    await begun.promise
    const applying = {
      statements: RACES[0]!.statements[1],
      isolation: READ_COMMITTED,
      end: 'commit',
    } as const
    expect(await hand.commit(applying)).toMatchObject({ lost: false, uncovered: [] })
    goOn.resolve()
    await renaming.ended()
    const { changed, uncovered } = await hand.judge()
    expect(changed.filter((name) => name.startsWith('market-applications')).length).toBeGreaterThan(2)
    return uncovered
  }

  it('a vendor is renamed in a snapshot from before it applied to another market: both are seen', async () => {
    expect(await uncoveredInOlderSnapshot()).toEqual([])
    const trusting = () => uncoveredInOlderSnapshot()
    expect(
      await without('log_vendors', `still boolean := tg_op <> 'UPDATE'`, 'still boolean := true', trusting),
    ).not.toEqual([])
  })

  it('a market is renamed while a day of it is planned: lists by date have it in its new place', async () => {
    const misplaced = async () => {
      await hand.reset()
      const open = (statement: string) =>
        new Open(hand, { statements: [statement], isolation: READ_COMMITTED })
      const rename = open(`update markets set name = 'Zinnia' where id = ${market(0)}`)
      const plan = () =>
        open(
          `insert into market_days (market_id, date, opens, closes) values (${market(0)}, '2026-05-30', '09:00', '12:00')`,
        )
      await twoAtOnce(hand, [rename, plan], 'one')
      return hand.miskept()
    }
    expect(await misplaced()).toEqual([])
    const [lock, none] = ['perform from markets', 'perform from vendors']
    expect(await without('list_market_days', lock, none, misplaced)).not.toEqual([])
  })

  it('whatever they are', { timeout: 120_000 + RUNS * 60_000 }, async () => {
    const tally = { both: 0, joined: 0 }
    const pair = fc.record({
      one: besideAnother,
      other: besideAnother,
      firstEnds: fc.constantFrom('one', 'other'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(pair, { minLength: 5, maxLength: 8, size: 'max' }), async (pairs) => {
        await hand.reset()
        for (const { one, other, firstEnds } of pairs) {
          const commits = await twoAtOnce(hand, [new Open(hand, one), () => new Open(hand, other)], firstEnds)
          for (const { uncovered, tags } of commits)
            expect(
              uncovered,
              `${one.statements.join('; ')} | ${other.statements.join('; ')} | ${tags.join(' ')}`,
            ).toEqual([])
          expect(await hand.miskept()).toEqual([])
          if (commits.length === 2) tally.both += 1
          else tally.joined += 1
        }
      }),
      { ...UNSHRUNK, seed: SEED, numRuns: RUNS },
    )
    // Transactions that never were open beside each other have proved nothing.
    expect(tally.both).toBeGreaterThan(RUNS)
  })
})
