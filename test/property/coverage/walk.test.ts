import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ListMarkets } from '../../../src/application/markets/market-reads.ts'
import type { MarketListing } from '../../../src/application/views/views.ts'
import { dose } from '../../support/dose.ts'
import { ENGINES, OPEN_TIMEOUT_MS, type OpenedDatabase } from '../../support/postgres-engines.ts'
import { UNSHRUNK } from '../../support/unshrunk.ts'
import { type Command, NOW, NUCLEUS } from './commands.ts'
import { ManualClock } from './fakes.ts'
import { RecordingUnitOfWork } from './steps.ts'
import { World } from './world.ts'

const RUNS = Number(process.env.RUNS ?? dose(5, 60))
const SEED = Number(process.env.SEED ?? 1)

/** More markets than the nucleus has, some of one name. */
const MORE: readonly (Command | ((world: World) => Command))[] = [
  'Alder',
  'Birch',
  'Birch',
  'Cedar',
  'Dill',
].flatMap((name) => [
  {
    do: 'create',
    organizer: 0,
    name,
    city: 'Chicago',
    region: 'IL',
    country: 'US',
    stallCount: 3,
    slug: undefined,
  },
  ({ markets }: World) => ({
    do: 'edit',
    market: markets.length - 1,
    stranger: false,
    changes: { status: 'active' },
  }),
])

/** What moves markets in the list, out of it and into it. */
const changes = fc.oneof(
  fc.record({ name: fc.constantFrom('Alder', 'Birch', 'birch', 'Cedar', 'Dill') }),
  fc.record({ status: fc.constantFrom('active' as const, 'closed' as const) }),
)
const writes = fc.array(
  fc.record({
    do: fc.constant('edit' as const),
    market: fc.nat({ max: 9 }),
    stranger: fc.constant(false),
    changes,
  }),
  { minLength: 3, maxLength: 8 },
)

describe.each(ENGINES)('a walk by cursor from page to page, on $name', ({ open }) => {
  let opened: OpenedDatabase
  // A test that is asked once more finds the worlds that it wrote before: the count goes on.
  let worlds = 0
  beforeAll(async () => {
    opened = await open()
  }, OPEN_TIMEOUT_MS)
  afterAll(() => opened.close())

  const page = async (asked: {
    readonly pageSize: number
    readonly cursor?: string
  }): Promise<MarketListing> => {
    const params = ListMarkets.at({ page: 1, ...asked }, NOW, '')
    return (await opened.database.snapshots.read((views) => ListMarkets.view.load(views, params)))!.value
  }

  test('sees what stays while others write exactly once, in the order of names', {
    timeout: 60_000 + RUNS * 10_000,
  }, async () => {
    const { transactions } = opened.database
    let moved = 0
    await fc.assert(
      fc.asyncProperty(writes, fc.integer({ min: 1, max: 3 }), async (script, pageSize) => {
        const clock = new ManualClock()
        const world = new World(worlds++, clock)
        const unitOfWork = new RecordingUnitOfWork(transactions, clock)
        const perform = (next: Command | ((world: World) => Command)) =>
          world.perform(typeof next === 'function' ? next(world) : next, unitOfWork)
        for (const next of [...NUCLEUS, ...MORE]) await perform(next)

        const stays = new Map<string, string>()
        const [mark] = world.middle.split(' ')
        const look = async () => {
          const now = new Map((await page({ pageSize: 100 })).markets.map(({ id, name }) => [id, name]))
          for (const [id, name] of stays) if (now.get(id) !== name) stays.delete(id)
          return now
        }
        for (const [id, name] of await look()) if (name.startsWith(mark!)) stays.set(id, name)
        const [atFirst, rest] = [stays.size, [...script]]
        const seen: string[] = []
        let next: string | undefined
        do {
          const found = await page({ pageSize, ...(next !== undefined && { cursor: next }) })
          seen.push(...found.markets.filter(({ name }) => name.startsWith(mark!)).map(({ id }) => id))
          next = found.markets.every(({ name }) => name.startsWith(mark!)) ? found.next_cursor : undefined
          const write = rest.shift()
          if (write !== undefined) await perform(write)
          await look()
        } while (next !== undefined)
        moved += atFirst - stays.size
        for (const [id, name] of stays)
          expect(
            seen.filter((each) => each === id),
            name,
          ).toEqual([id])
      }),
      { ...UNSHRUNK, seed: SEED, numRuns: RUNS },
    )
    // Some were closed or renamed under the walk, else it has shown nothing.
    expect(moved).toBeGreaterThan(0)
  })
})
