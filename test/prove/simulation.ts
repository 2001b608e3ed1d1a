import { tooFewToJudge } from '../property/interleaving/budget.ts'
import { tellReached, unreached } from '../property/interleaving/paths/unreached.ts'
import { Coverage } from '../property/interleaving/simulation/coverage.ts'
import { PRIVATE_CACHES, SHARED_CACHES, unseen } from '../property/interleaving/worlds.ts'
import type { Job } from './job.ts'
import type { Budget, LayerResult } from './layer.ts'
import { onEveryCore } from './pool.ts'
import { Progress } from './progress.ts'

/** Schedules per job. */
const CHUNK = 500

export const WORLDS = [...SHARED_CACHES, ...PRIVATE_CACHES]

/** How much of a world's runs was held against the model. */
function tellHeld(world: string, { schedules, paths, reached, unmodelled }: Coverage): string {
  const reasons = [...unmodelled].map(([reason, count]) => `; ${count} left out: ${reason}`).join('')
  return `${world}: ${paths} of ${schedules} schedules are paths of the model, through ${reached.size} of its steps${reasons}`
}

/** The budget's schedules, spread evenly over the worlds. It ends with the first finding. */
export async function simulation({ schedules, seed, world }: Budget): Promise<LayerResult> {
  const worlds = world === undefined ? WORLDS : WORLDS.filter(({ name }) => name === world)
  const perWorld = Math.ceil(schedules / worlds.length)
  const jobs: Job[] = []
  for (let done = 0; done < perWorld; done += CHUNK) {
    const part = { from: seed + done, schedules: Math.min(CHUNK, perWorld - done) }
    for (const { name } of worlds) jobs.push({ kind: 'schedules', world: name, ...part })
  }
  const coverages = new Map(worlds.map(({ name }) => [name, new Coverage()]))
  const failures: string[] = []
  const progress = new Progress('simulation', perWorld * worlds.length)
  await onEveryCore(jobs, (job, { coverage, story, runs }) => {
    if (job.kind === 'schedules' && coverage !== undefined) coverages.get(job.world)!.add(coverage)
    if (story !== undefined) failures.push(story)
    progress.advance(runs)
    return story === undefined
  })
  progress.end()
  const total = new Coverage()
  for (const each of worlds) {
    const coverage = coverages.get(each.name)!
    total.add(coverage)
    if (failures.length > 0) continue
    failures.push(...unseen(each, coverage).map((what) => `${each.name}: proves nothing, it saw ${what}`))
  }
  const [counts = '', ...seen] = String(total).split('\n')
  seen.push(...worlds.map(({ name }) => tellHeld(name, coverages.get(name)!)), tellReached(total.reached))
  // One world alone takes the steps of its own cache.
  if (failures.length === 0 && world === undefined && !tooFewToJudge(perWorld))
    failures.push(...unreached(total.reached).map((step) => `No path of the model took «${step}»`))
  if (tooFewToJudge(perWorld)) seen.push(`${perWorld} per world: too few to say whether they saw enough`)
  return { runs: `${counts}, ${worlds.length} worlds`, seen, failures }
}
