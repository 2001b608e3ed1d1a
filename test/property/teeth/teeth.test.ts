import { afterAll, describe, expect, test } from 'vitest'
import { dose } from '../../support/dose.ts'
import { timeoutFor } from '../interleaving/budget.ts'
import { explore } from '../interleaving/simulation/explore.ts'
import { PRODUCTION } from '../interleaving/simulation/instance.ts'
import {
  CLUSTER,
  CONNECTIONS,
  CONTROLS,
  DEPLOYMENTS,
  FENCE,
  LOG_AND_LEASE,
  PRIVATE,
  type Variant,
} from './variants.ts'

/** A suite that can't fail proves nothing: each of these breaks the promise, and the simulation has to notice. */
const MOST = Math.max(40_000, Number(process.env.SCHEDULES ?? 0))
const SEED = Number(process.env.SEED ?? 1)
/** `npm test` takes every fifth variant of each group, `npm run test:deep` all. */
const SHARE = dose(5, 1)
/** What the copies of production's classes must survive, unbroken. */
const CONTROL_SCHEDULES = dose(200, 2000)

interface Row {
  readonly variant: string
  readonly caughtIn: string
  readonly schedules: number
}

const rows: Row[] = []

const run = ({ world, parts }: Variant, schedules: number) =>
  explore(world, schedules, SEED, { ...PRODUCTION, ...parts })

for (const [group, variants] of Object.entries({
  'the fence': FENCE,
  'the log and the lease': LOG_AND_LEASE,
  'new connections': CONNECTIONS,
  'a cluster': CLUSTER,
  'private caches': PRIVATE,
  deployments: DEPLOYMENTS,
})) {
  describe(`caught, of ${group}:`, () => {
    for (const variant of variants.filter((_, i) => i % SHARE === 0)) {
      test(variant.name, { timeout: timeoutFor(MOST) }, async () => {
        const { coverage, finding } = await run(variant, MOST)
        rows.push({
          variant: variant.name,
          caughtIn: finding?.plan.mode ?? 'NOT CAUGHT',
          schedules: coverage.schedules,
        })
        expect(finding?.violations.map(({ rule }) => rule)).toContain('stale')
      })
    }
  })
}

describe('not caught, because it is right:', () => {
  for (const control of CONTROLS) {
    test(control.name, { timeout: timeoutFor(CONTROL_SCHEDULES) }, async () => {
      const { finding } = await run(control, CONTROL_SCHEDULES)
      expect(finding).toBeUndefined()
    })
  }
})

afterAll(() => {
  const line = (variant: string, mode: string, schedules: string) =>
    `${variant.padEnd(55)} ${mode.padEnd(10)} ${schedules.padStart(9)}`
  const table = rows.map((row) => line(row.variant, row.caughtIn, String(row.schedules)))
  process.stdout.write(`\n${[line('broken variant', 'mode', 'schedules'), ...table].join('\n')}\n`)
})
