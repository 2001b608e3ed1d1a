import { describe, expect, test } from 'vitest'
import { unreached } from './paths/unreached.ts'
import { model } from './paths/validate.ts'
import { Coverage } from './simulation/coverage.ts'
import { makePlan, type Plan } from './simulation/plan.ts'
import { Prng } from './simulation/prng.ts'
import { explore } from './simulation/production.ts'
import { sendsReading } from './simulation/sim-http.ts'
import { type Look, type Step, Steps } from './simulation/steps.ts'
import { World } from './simulation/world.ts'

/** A run of two instances in which nothing breaks. */
async function runOf(
  seed: number,
  cache: 'redis' | 'tiered' | 'lru' | 'near' = 'redis',
): Promise<{ readonly plan: Plan; readonly steps: Step[] }> {
  const plan = makePlan(new Prng(seed), { cache, instances: 2, faults: false })
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
    const all = new Coverage()
    for (const [cache, schedules] of [
      ['redis', 700],
      ['tiered', 250],
      ['lru', 120],
      ['near', 60],
    ] as const) {
      const { coverage, finding } = await explore({ cache, instances: 2, faults: true }, schedules, 1)
      expect(finding?.violations).toBeUndefined()
      expect(coverage.paths).toBe(schedules)
      all.add(coverage)
    }
    expect(unreached(all.reached)).toEqual([])
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

  test('of a holder that acknowledges before the stamps in its memory are deleted is refused', async () => {
    const run = await runOf(2, 'lru')
    const { steps } = run
    const gone = steps.findIndex(
      (each) => each.step === 'drain: the stamps in memory are deleted' && each.tags.length > 0,
    )
    const late = steps.findIndex(({ step }, at) => step === 'drain: it is acknowledged' && at > gone)
    const swapped = steps.with(late, steps[gone]!).with(gone, steps[late]!)
    expect(explanationOf(run, steps)).toBeUndefined()
    expect(explanationOf(run, swapped)).toContain('«drain: it is acknowledged»')
  })

  test('that is answered without its cache from a load that ran before it began is refused', async () => {
    const loads = ({ step }: Step) => step === 'read: loads without the cache'
    let run = await runOf(1, 'lru')
    for (let seed = 2; !run.steps.some(loads) && seed < 100; seed++) run = await runOf(seed, 'lru')
    const loaded = run.steps.findIndex(loads)
    expect(loaded).toBeGreaterThan(0)
    const late = run.steps.toSpliced(loaded, 1).toSpliced(0, 0, run.steps[loaded]!)
    expect(explanationOf(run, run.steps)).toBeUndefined()
    expect(explanationOf(run, late)).toContain('«read: answered without the cache»')
  })

  test('of a near cache that deletes in memory before Redis has confirmed is refused', async () => {
    const run = await runOf(2, 'near')
    const { steps } = run
    // Of a memory that holds something.
    const kept = steps.findIndex(({ step }) => step === 'read: the entry is kept in memory')
    const gone = steps.findIndex(
      (each, at) =>
        each.step === 'drain: the stamps in memory are deleted' && at > kept && each.tags.length > 0,
    )
    const within = steps
      .slice(0, gone)
      .findLastIndex((each) => each.step === 'drain: t0 is noted, the session taken' && each.within)
    const early = steps.toSpliced(gone, 1).toSpliced(within, 0, steps[gone]!)
    expect(explanationOf(run, steps)).toBeUndefined()
    expect(explanationOf(run, early)).toContain('«drain: it is acknowledged»')
  })

  test('that serves from L1 without having asked Redis for the stamps is refused', async () => {
    const run = await runOf(2, 'tiered')
    const asked = run.steps.findIndex(
      (each) => each.step === 'read: lookup is sent' && each.looks.every(isHitInL1),
    )
    expect(asked).toBeGreaterThan(0)
    const { looks } = run.steps[asked] as Extract<Step, { step: 'read: lookup is sent' }>
    const unasked = run.steps.filter(
      (each) => !('looks' in each) || !each.looks.every((look) => looks.includes(look)),
    )
    expect(explanationOf(run, run.steps)).toBeUndefined()
    expect(explanationOf(run, unasked)).toContain('«read: answered from the cache»')
  })

  test('that looks at its cache when its lease has ended is refused', async () => {
    const run = await runOf(2)
    const first = run.steps.findIndex(({ step }) => step === 'read: lookup is sent')
    const late = run.steps.map((step, i) => (i < first ? step : { ...step, time: step.time + 1100 }))
    expect(explanationOf(run, late)).toContain('«read: lookup is sent»')
  })

  test.each(['near cluster', 'tiered cluster', 'cluster', 'null'] as const)(
    'on %s is counted with the reason why the model has none like it',
    async (cache) => {
      const { coverage } = await explore({ cache, instances: 2, faults: true }, 3, 1)
      expect([coverage.paths, [...coverage.unmodelled.values()]]).toEqual([0, [3]])
    },
  )
})

const isHitInL1 = ({ inL1, served }: Look) => inL1 !== undefined && served !== undefined

const STAMPS_GONE = 'drain: DEL is confirmed, the session trusted'
