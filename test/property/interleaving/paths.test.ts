import { describe, expect, test } from 'vitest'
import { unreached } from './paths/unreached.ts'
import { model } from './paths/validate.ts'
import { Coverage } from './simulation/coverage.ts'
import { makePlan, type Plan } from './simulation/plan.ts'
import { Prng } from './simulation/prng.ts'
import { explore } from './simulation/production.ts'
import { sendsReading } from './simulation/sim-http.ts'
import { type Step, Steps } from './simulation/steps.ts'
import { World } from './simulation/world.ts'

/** A run of two instances on one Redis, in which nothing breaks. */
async function runOf(seed: number): Promise<{ readonly plan: Plan; readonly steps: Step[] }> {
  const plan = makePlan(new Prng(seed), { cache: 'redis', instances: 2, faults: false })
  const steps = new Steps()
  await new World(plan, new Prng(seed), new Coverage(), sendsReading, undefined, steps).run()
  return { plan, steps: steps.all }
}

const explanationOf = ({ plan }: { readonly plan: Plan }, steps: readonly Step[]) =>
  model.judge(steps, plan, new Coverage())?.explanation

describe('a run of the simulation', () => {
  test('is a path of the model, and together they take every step of it that is not left out for a reason', {
    timeout: 120_000,
  }, async () => {
    const { coverage, finding } = await explore({ cache: 'redis', instances: 2, faults: true }, 700, 1)
    expect(finding?.violations).toBeUndefined()
    expect(coverage.paths).toBe(700)
    expect(unreached(coverage.reached)).toEqual([])
  })

  test('whose mark comes before the stamps are known to be gone is refused there, and told what could come', async () => {
    const run = await runOf(2)
    const { steps } = run
    const mark = steps.findIndex(({ step }) => step === 'drain: a mark is sent')
    const confirmed = steps.slice(0, mark).findLastIndex(({ step }) => step === STAMPS_GONE)
    const swapped = steps.with(mark, steps[confirmed]!).with(confirmed, steps[mark]!)
    expect(explanationOf(run, steps)).toBeUndefined()
    const explanation = explanationOf(run, swapped)
    expect(explanation).toContain(`step ${confirmed + 1} of ${steps.length}, «drain: a mark is sent»`)
    expect(explanation).toContain('the model was at {"version":')
    expect(explanation).toMatch(/could go on with: .*drain: DEL is confirmed, the session trusted/)
  })

  test('that stores an entry without having loaded it after its lookup is refused', async () => {
    const run = await runOf(2)
    const loaded = run.steps.findIndex(({ step }) => step === 'read: loads')
    const late = [...run.steps.toSpliced(loaded, 1)]
    expect(explanationOf(run, late)).toContain('«read: SET of the entry is sent»')
  })

  test('that looks at its cache when its lease has ended is refused', async () => {
    const run = await runOf(2)
    const first = run.steps.findIndex(({ step }) => step === 'read: lookup is sent')
    const late = run.steps.map((step, i) => (i < first ? step : { ...step, time: step.time + 1100 }))
    expect(explanationOf(run, late)).toContain('«read: lookup is sent»')
  })

  test.each(['lru', 'near', 'tiered', 'cluster', 'null'] as const)(
    'on %s is counted with the reason why the model has none like it',
    async (cache) => {
      const { coverage } = await explore({ cache, instances: 2, faults: true }, 3, 1)
      expect([coverage.paths, [...coverage.unmodelled.values()]]).toEqual([0, [3]])
    },
  )
})

const STAMPS_GONE = 'drain: DEL is confirmed, the session trusted'
