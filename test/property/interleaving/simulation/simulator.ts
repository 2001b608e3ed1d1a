import type { Violation } from '../../checker.ts'
import { Coverage } from './coverage.ts'
import type { Front } from './front.ts'
import { makePlan, type Plan, type WorldOptions } from './plan.ts'
import { Prng } from './prng.ts'
import { explain } from './shrink.ts'
import { World } from './world.ts'

export interface Finding {
  /** Where it was found: what replays it. */
  readonly seed: number
  readonly plan: Plan
  /** The seed of the order in which things happened. */
  readonly order: number
  readonly violations: readonly Violation[]
}

/** Runs one schedule: all of it follows from the plan and the seed of its order. */
export type RunSchedule = (
  plan: Plan,
  order: number,
  coverage?: Coverage,
  trace?: string[],
) => Promise<Violation[]>

export interface Exploration {
  readonly coverage: Coverage
  /** The first schedule that broke the promise. */
  readonly finding: Finding | undefined
}

/** The simulation, of instances behind such a front. */
export function simulator(front: Front) {
  const runSchedule: RunSchedule = (plan, order, coverage = new Coverage(), trace) =>
    // A stream of its own: the plan was made from the same seed.
    new World(plan, new Prng(order ^ 0x5bd1e995), coverage, front, trace).run()

  /** Runs schedules until one breaks the promise, or `schedules` have not. */
  async function explore(options: WorldOptions, schedules: number, firstSeed: number): Promise<Exploration> {
    const coverage = new Coverage()
    for (let seed = firstSeed; seed < firstSeed + schedules; seed++) {
      const plan = makePlan(new Prng(seed), options)
      const violations = await runSchedule(plan, seed, coverage)
      if (violations.length > 0) return { coverage, finding: { seed, plan, order: seed, violations } }
    }
    return { coverage, finding: undefined }
  }

  return {
    runSchedule,
    explore,
    explain: (finding: Finding, replay: string) => explain(runSchedule, finding, replay),
  }
}
