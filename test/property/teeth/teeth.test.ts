import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Worker } from '../../prove/pool.ts'
import { dose } from '../../support/dose.ts'
import { timeoutFor } from '../interleaving/budget.ts'
import { CONTROLS } from './variants/controls.ts'
import { GROUPS } from './variants/every.ts'

/** A suite that can't fail proves nothing: each of these breaks the promise, and the simulation has to notice. */
const MOST = Math.max(40_000, Number(process.env.SCHEDULES ?? 0))
const SEED = Number(process.env.SEED ?? 1)
/** `npm test` takes every fifth variant of each group, `npm run test:deep` all. */
const SHARE = dose(5, 1)
/** What must survive that was changed and is still right. */
const CONTROL_SCHEDULES = dose(200, 2000)

interface Row {
  readonly variant: string
  readonly caughtIn: string
  readonly schedules: number
}

const rows: Row[] = []

let worker: Worker
beforeAll(() => {
  worker = new Worker()
})

const search = (name: string, most: number) =>
  worker.perform({ kind: 'simulated tooth', name, most, seed: SEED })

for (const [group, variants] of Object.entries(GROUPS)) {
  describe(`caught, of ${group}:`, () => {
    for (const { name } of variants.filter((_, i) => i % SHARE === 0)) {
      test(name, { timeout: timeoutFor(MOST) }, async () => {
        const { mode, runs } = await search(name, MOST)
        rows.push({ variant: name, caughtIn: mode ?? 'NOT CAUGHT', schedules: runs })
        expect(mode, 'the mode of the schedule in which a read is stale').toBeDefined()
      })
    }
  })
}

describe('not caught, because it is right:', () => {
  for (const { name } of CONTROLS) {
    test(name, { timeout: timeoutFor(CONTROL_SCHEDULES) }, async () => {
      expect(await search(name, CONTROL_SCHEDULES)).toEqual({ runs: CONTROL_SCHEDULES })
    })
  }
})

afterAll(() => {
  worker.kill()
  const line = (variant: string, mode: string, schedules: string) =>
    `${variant.padEnd(55)} ${mode.padEnd(10)} ${schedules.padStart(9)}`
  const table = rows.map((row) => line(row.variant, row.caughtIn, String(row.schedules)))
  process.stdout.write(`\n${[line('broken variant', 'mode', 'schedules'), ...table].join('\n')}\n`)
})
