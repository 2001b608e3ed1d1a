import { describe, expect, test } from 'vitest'
import { dose } from '../../support/dose.ts'
import { budget, timeoutFor } from './budget.ts'
import { explore } from './simulation/explore.ts'
import { explain } from './simulation/shrink.ts'
import { type SafeWorld, unseen } from './worlds.ts'

const { schedules, seed } = budget(dose(500, 2000))

/** A test per world: no schedule breaks the promise, and together they have seen what they must. */
export function holdThePromise(suite: string, file: string, worlds: readonly SafeWorld[]): void {
  describe(suite, () => {
    test.each(worlds)('$name', { timeout: timeoutFor(schedules) }, async (world) => {
      const { coverage, finding } = await explore(world.options, schedules, seed)
      if (finding !== undefined) expect.fail(await explain(finding, replayOf(file, world, finding.seed)))
      process.stdout.write(`\n${world.name}: ${coverage}\n`)
      expect(unseen(world, coverage)).toEqual([])
    })
  })
}

function replayOf(file: string, { name }: SafeWorld, found: number): string {
  return `SEED=${found} SCHEDULES=1 npx vitest run ${file} -t '${name}'`
}
