import { describe, expect, test } from 'vitest'
import { timeoutFor } from './budget.ts'
import type { simulator } from './simulation/simulator.ts'
import { type SafeWorld, unseen } from './worlds.ts'

interface Search {
  /** How many schedules, and the first one's seed. */
  readonly schedules: number
  readonly seed: number
  readonly simulation: Pick<ReturnType<typeof simulator>, 'explore' | 'explain'>
  /** What to do to see it again. */
  readonly replay: (world: string, seed: number) => string
}

/** A test per world: no schedule breaks the promise, and together they have seen what they must. */
export function exploreEach(suite: string, worlds: readonly SafeWorld[], search: Search): void {
  const { schedules, seed, simulation, replay } = search
  describe(suite, () => {
    test.each(worlds)('$name', { timeout: timeoutFor(schedules) }, async (world) => {
      const { coverage, finding } = await simulation.explore(world.options, schedules, seed)
      if (finding !== undefined)
        expect.fail(await simulation.explain(finding, replay(world.name, finding.seed)))
      process.stdout.write(`\n${world.name}: ${coverage}\n`)
      expect(unseen(world, coverage)).toEqual([])
    })
  })
}
