import { CASES, EXTRA, MORE } from '../model/cases.ts'
import { BASE } from '../model/config.ts'
import { search } from '../model/search.ts'
import { tell } from '../model/trace.ts'
import { configure, VARIANTS } from '../model/variants.ts'
import { explain, explore } from '../property/interleaving/simulation/production.ts'
import { PRIVATE_CACHES, SHARED_CACHES } from '../property/interleaving/worlds.ts'
import { patchedSimulation } from '../property/teeth/patched-simulation.ts'
import type { Variant } from '../property/teeth/variant.ts'
import { variantCalled } from '../property/teeth/variants/every.ts'
import type { Job, JobResult } from './job.ts'

// One process of `npm run prove`: does one job at a time, and sends what came of it.

process.on('message', async (job: Job) => {
  process.send!(await perform(job))
})
process.on('disconnect', () => process.exit())

async function perform(job: Job): Promise<JobResult> {
  switch (job.kind) {
    case 'schedules':
      return simulate(job.world, job.from, job.schedules)
    case 'space': {
      const { where, sees } = named([...CASES, ...MORE, ...EXTRA], job.name)
      const { states, taken, counterexample, bytes } = search({ ...BASE, ...where })
      const unseen = sees.filter((step) => !taken.has(step))
      return { runs: states, bytes, unseen, ...(counterexample && { story: tell(counterexample) }) }
    }
    case 'simulated tooth': {
      const variant = variantCalled(job.name)
      const simulation = await patchedSimulation(variant)
      const { explore, explain } = simulation.byClients
      const { coverage, finding } = await explore(variant.world, job.most, job.seed)
      const stale = finding?.violations.some(({ rule }) => rule === 'stale')
      return {
        runs: coverage.schedules,
        ...(stale && { mode: finding!.plan.mode }),
        ...(finding && job.tell && { story: await explain(finding, 'do it again') }),
        ...(await refusalOf(simulation, variant, job)),
      }
    }
    case 'modelled tooth': {
      const { states, counterexample } = search(configure(named(VARIANTS, job.name)))
      return { runs: states, ...(counterexample && { mode: 'exhaustive' }) }
    }
  }
}

/** Until a schedule of it is no path of the model, or why none is held against it. */
async function refusalOf(
  { explore, explain }: Awaited<ReturnType<typeof patchedSimulation>>,
  { world }: Variant,
  { seed, refusedWithin, tell }: Extract<Job, { kind: 'simulated tooth' }>,
): Promise<Pick<JobResult, 'refused' | 'refusal' | 'leftOut'>> {
  const isIt = ({ rule }: { readonly rule: string }) => rule === 'no such step'
  const { coverage, finding } = await explore(world, refusedWithin, seed, isIt)
  const [leftOut] = coverage.unmodelled.keys()
  if (leftOut !== undefined) return { leftOut }
  if (finding === undefined) return {}
  return { refused: coverage.schedules, ...(tell && { refusal: await explain(finding, 'do it again') }) }
}

async function simulate(name: string, from: number, schedules: number): Promise<JobResult> {
  const { options } = named([...SHARED_CACHES, ...PRIVATE_CACHES], name)
  const { coverage, finding } = await explore(options, schedules, from)
  if (finding === undefined) return { runs: coverage.schedules, coverage }
  const replay = `npm run prove -- --only simulation --world '${name}' --seed ${finding.seed} --schedules 1`
  return { runs: coverage.schedules, coverage, story: await explain(finding, replay) }
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.find((each) => each.name === name)
  if (found === undefined) throw new RangeError(`There is no «${name}»`)
  return found
}
