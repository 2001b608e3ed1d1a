import type { Violation } from '../../checker.ts'
import { Coverage } from './coverage.ts'
import type { Front } from './front.ts'
import { makePlan, type Plan, type WorldOptions } from './plan.ts'
import { Prng } from './prng.ts'
import { explain } from './shrink.ts'
import { type Step, Steps } from './steps.ts'
import { World } from './world.ts'

/** A step of the code that the model cannot take in its place. */
interface NoSuchStep {
  readonly rule: 'no such step'
  readonly operation: { readonly view: string }
  /** The place, the step, and what the model could have done instead. */
  readonly explanation: string
}

/** What is wrong with a schedule: what its clients saw, or how it came to it. */
export type Broken = Violation | NoSuchStep

/** Holds every step of a run against a model of the protocol. */
export interface Model {
  /** Why it has no such runs; undefined where it has. */
  leavesOut(plan: Plan): string | undefined
  judge(steps: readonly Step[], plan: Plan, coverage: Coverage): NoSuchStep | undefined
}

export interface Finding {
  /** Where it was found: what replays it. */
  readonly seed: number
  readonly plan: Plan
  /** The seed of the order in which things happened. */
  readonly order: number
  readonly violations: readonly Broken[]
}

/** Runs one schedule: all of it follows from the plan and the seed of its order. */
export type RunSchedule = (
  plan: Plan,
  order: number,
  coverage?: Coverage,
  trace?: string[],
) => Promise<readonly Broken[]>

export interface Exploration {
  readonly coverage: Coverage
  /** The first schedule of which something was wrong. */
  readonly finding: Finding | undefined
}

/** The simulation, of instances behind such a front; every run is also held against the model, if one is given. */
export function simulator(front: Front, model?: Model) {
  const runSchedule: RunSchedule = async (plan, order, coverage = new Coverage(), trace) => {
    const leftOut = model?.leavesOut(plan)
    const steps = model === undefined || leftOut !== undefined ? undefined : new Steps()
    // A stream of its own: the plan was made from the same seed.
    const violations = await new World(
      plan,
      new Prng(order ^ 0x5bd1e995),
      coverage,
      front,
      trace,
      steps,
    ).run()
    if (leftOut !== undefined) coverage.leftOut(leftOut)
    const refused = steps && model?.judge(steps.all, plan, coverage)
    return refused === undefined ? violations : [...violations, refused]
  }

  /** Runs schedules until one has what is looked for (anything wrong), or `schedules` have not. */
  async function explore(
    options: WorldOptions,
    schedules: number,
    firstSeed: number,
    isIt: (broken: Broken) => boolean = () => true,
  ): Promise<Exploration> {
    const coverage = new Coverage()
    for (let seed = firstSeed; seed < firstSeed + schedules; seed++) {
      const plan = makePlan(new Prng(seed), options)
      const violations = await runSchedule(plan, seed, coverage)
      if (violations.some(isIt)) return { coverage, finding: { seed, plan, order: seed, violations } }
    }
    return { coverage, finding: undefined }
  }

  return {
    runSchedule,
    explore,
    explain: (finding: Finding, replay: string) => explain(runSchedule, finding, replay),
  }
}
