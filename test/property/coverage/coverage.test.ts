import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tagsOf } from '../../../src/application/tables/event-tags.ts'
import { kindOf } from '../../../src/application/tables/tags.ts'
import { VIEWS } from '../../../src/application/use-cases.ts'
import { dose } from '../../support/dose.ts'
import { EVENTS } from '../../support/events.ts'
import { ENGINES, OPEN_TIMEOUT_MS, type OpenedDatabase } from '../../support/postgres-engines.ts'
import { UNSHRUNK } from '../../support/unshrunk.ts'
import { commands, DATES, RARE } from './commands.ts'
import { FORGETFUL, type Forgetful, NOT_SHOWN } from './forgotten-tags.ts'
import { type Step, stepsOf } from './steps.ts'
import { Tally } from './tally.ts'

/** Worlds per engine (`RUNS`), from `SEED` on. A failure prints its seed and path, and the commands. */
const RUNS = Number(process.env.RUNS ?? dose(1, 14))
const SEED = Number(process.env.SEED ?? 1)
/** In ms, generous: a slow machine is not a failure. */
const TIMEOUT_MS = 60_000 + RUNS * 120_000

/*
 * No cache, no timing: whatever a write changes in the database must be tagged, or no fence in the world could keep an
 * old copy of it from being served.
 */
describe.each(ENGINES)(
  'every view that a write changes carries a tag that it invalidates, on $name',
  ({ open }) => {
    let opened: OpenedDatabase
    // A test that is asked once more finds the worlds that it wrote before: the count goes on.
    let worlds = 0
    beforeAll(async () => {
      opened = await open()
    }, OPEN_TIMEOUT_MS)
    afterAll(() => opened.close())

    test('in random worlds, after random writes', { timeout: TIMEOUT_MS }, async () => {
      const tally = new Tally()
      // What tables would invalidate does not change what the database holds: all of them are judged by the same worlds.
      const caught = new Map<string, string>()
      let writes = 0
      await fc.assert(
        fc.asyncProperty(commands, async (script) => {
          for await (const step of stepsOf(opened.database, script, worlds++)) {
            tally.add(step)
            judge(step)
            writes += 1
            expect(misses(step, { name: 'ours', tagsOf: (event) => tagsOf([event]) })).toBe(false)
            expect(misses(step, { name: 'ours, coarse', tagsOf: (event) => tagsOf([event], 0) })).toBe(false)
            for (const table of FORGETFUL)
              if (!caught.has(table.name) && misses(step, table))
                caught.set(table.name, `caught in world ${worlds}, write ${writes}`)
          }
        }),
        { ...UNSHRUNK, seed: SEED, numRuns: RUNS, examples: [[[...RARE]]] },
      )
      process.stdout.write(`\n${opened.database.describe}, seed ${SEED}, ${RUNS} worlds\n${tally}\n`)
      if (RUNS < 10) return
      // A run that saw none of these has proved nothing.
      for (const type of Object.keys(EVENTS)) expect(tally.writes(type), type).toBeGreaterThan(0)
      for (const { name } of Object.values(VIEWS))
        expect(tally.changedViews.get(name) ?? 0, name).toBeGreaterThan(0)
      expect(tally.refused).toBeGreaterThan(RUNS)
      const tables = FORGETFUL.map(({ name }) => `${name.padEnd(64)}${caught.get(name) ?? 'NOT CAUGHT'}`)
      process.stdout.write(`\n${tables.join('\n')}\n`)
      const missed = FORGETFUL.map(({ name }) => name).filter((name) => !caught.has(name))
      expect(missed.filter((name) => !NOT_SHOWN.includes(name))).toEqual([])
    })
  },
)

function judge(step: Step): void {
  judgeTags(step)
  // So many views of a kind as no world has.
  judgeTags({ ...step, tags: step.coarse })
}

function judgeTags({ command: done, refused, tags, changed, questions }: Step): void {
  if (refused !== undefined) {
    expect({ changed: changed.map(({ name }) => name), tags: [...tags] }, refusal(done, refused)).toEqual({
      changed: [],
      tags: [],
    })
  }
  const uncovered = changed.filter((question) => !question.tags.some((tag) => tags.has(tag)))
  expect(
    uncovered.map(({ name }) => name),
    `changed by ${JSON.stringify(done)}, but covered by none of ${[...tags].join(' ')}`,
  ).toEqual([])
  const carried = new Set(questions.flatMap((question) => question.tags))
  expect(
    [...tags].filter((tag) => !carried.has(tag) && !isOfAnotherDate(tag)),
    'tags that no view carries',
  ).toEqual([])
}

/** Whether a view has changed whose tags this table would have forgotten. */
function misses({ events, changed }: Step, table: Forgetful): boolean {
  const tags = new Set<string>(events.flatMap(table.tagsOf))
  return changed.some((question) => !question.tags.some((tag) => tags.has(tag)))
}

/** A season opens on more dates than are asked about. */
function isOfAnotherDate(tag: string): boolean {
  return kindOf(tag) === 'dayListings' && !DATES.some((date) => tag.endsWith(date))
}

function refusal(done: Step['command'], code: string): string {
  return `a refused write changes nothing: ${JSON.stringify(done)} (${code})`
}
