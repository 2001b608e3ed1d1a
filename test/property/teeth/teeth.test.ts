import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Worker } from '../../prove/pool.ts'
import { dose } from '../../support/dose.ts'
import { timeoutFor } from '../interleaving/budget.ts'
import { CONTROLS } from './variants/controls.ts'
import { GROUPS } from './variants/every.ts'

/** A suite that can't fail proves nothing: each of these breaks the promise, and the simulation has to notice. */
const MOST = Math.max(40_000, Number(process.env.SCHEDULES ?? 0))
const SEED = Number(process.env.SEED ?? 1)
/** `npm test` takes the first variant of each group, `npm run test:deep` all. */
const MOST_OF_A_GROUP = dose(1, Number.POSITIVE_INFINITY)
/** What must survive that was changed and is still right. */
const CONTROL_SCHEDULES = dose(200, 2000)

interface Row {
  readonly variant: string
  readonly caughtIn: string
  readonly schedules: number
  /** Schedules until one was no path of the model, or why none was held against it. */
  readonly refused: string
}

/** Until one is no path of the model. */
const MOST_REFUSED = 500

const rows: Row[] = []

let worker: Worker
beforeAll(() => {
  worker = new Worker()
})

/** A step that is no longer in its place is refused before it makes a read stale, and so within as many schedules. */
const search = (name: string, most: number, refusedWithin = MOST_REFUSED) =>
  worker.perform({ kind: 'simulated tooth', name, most, refusedWithin, seed: SEED })

for (const [group, variants] of Object.entries(GROUPS)) {
  describe(`caught, of ${group}:`, () => {
    for (const { name } of variants.slice(0, MOST_OF_A_GROUP)) {
      test(name, { timeout: timeoutFor(MOST) }, async () => {
        const { mode, runs, refused, leftOut = 'not' } = await search(name, MOST)
        rows.push({
          variant: name,
          caughtIn: mode ?? 'NOT CAUGHT',
          schedules: runs,
          refused: String(refused ?? leftOut),
        })
        expect(mode, 'the mode of the schedule in which a read is stale').toBeDefined()
        if (leftOut === 'not') expect(refused).toBeLessThanOrEqual(runs)
      })
    }
  })
}

describe('not caught, because it is right:', () => {
  for (const [index, { name }] of CONTROLS.entries()) {
    test(name, { timeout: timeoutFor(CONTROL_SCHEDULES) }, async () => {
      // What is right in another way than the model says may be refused; what is not changed may not.
      const changed = index > 0
      const { runs, mode, refused } = await search(name, CONTROL_SCHEDULES, changed ? 1 : CONTROL_SCHEDULES)
      expect({ runs, mode }).toEqual({ runs: CONTROL_SCHEDULES, mode: undefined })
      if (!changed) expect(refused).toBeUndefined()
    })
  }
})

afterAll(() => {
  worker.kill()
  const line = (variant: string, mode: string, schedules: string, refused: string) =>
    `${variant.padEnd(55)} ${mode.padEnd(10)} ${schedules.padStart(9)} ${refused.padStart(12)}`
  const table = rows.map((row) => line(row.variant, row.caughtIn, String(row.schedules), row.refused))
  const head = line('broken variant', 'mode', 'stale after', 'no such step')
  process.stdout.write(`\n${[head, ...table].join('\n')}\n`)
})
