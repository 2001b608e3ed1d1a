import type { Violation } from '../../checker.ts'
import { Coverage } from './coverage.ts'
import { type Parts, PRODUCTION } from './instance.ts'
import { makePlan, type Plan, type WorldOptions } from './plan.ts'
import { Prng } from './prng.ts'
import { World } from './world.ts'

export interface Finding {
  readonly seed: number
  readonly plan: Plan
  readonly violations: readonly Violation[]
}

/** Runs one schedule. All of it follows from the seed and the options. */
export async function runSchedule(
  seed: number,
  options: WorldOptions,
  parts: Parts = PRODUCTION,
  coverage = new Coverage(),
  trace?: string[],
): Promise<Finding> {
  const random = new Prng(seed)
  const plan = makePlan(random, options)
  const violations = await new World(plan, random, parts, coverage, trace).run()
  return { seed, plan, violations }
}

export interface Exploration {
  readonly coverage: Coverage
  /** The first schedule that broke the promise. */
  readonly finding: Finding | undefined
}

/** Runs schedules until one breaks the promise, or `schedules` have not. */
export async function explore(
  options: WorldOptions,
  schedules: number,
  firstSeed: number,
  parts: Parts = PRODUCTION,
): Promise<Exploration> {
  const coverage = new Coverage()
  for (let seed = firstSeed; seed < firstSeed + schedules; seed++) {
    const finding = await runSchedule(seed, options, parts, coverage)
    if (finding.violations.length > 0) return { coverage, finding }
  }
  return { coverage, finding: undefined }
}

/** What to print of a finding: what broke, every step that led there, and the command that replays it. */
export async function explain(
  { seed, violations, plan }: Finding,
  parts: Parts,
  file: string,
): Promise<string> {
  const trace: string[] = []
  await runSchedule(seed, plan.options, parts, new Coverage(), trace)
  return [
    `The promise is broken in ${JSON.stringify(plan.options)}, ${plan.mode} mode, seed ${seed}:`,
    ...violations.map(
      ({ rule, operation, explanation }) => `  ${rule}: ${explanation} (view ${operation.view})`,
    ),
    'Every step, with the true time in ms:',
    ...trace.map((line) => `  ${line}`),
    `Replay: SEED=${seed} SCHEDULES=1 npx vitest run ${file}`,
  ].join('\n')
}
