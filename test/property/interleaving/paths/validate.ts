import type { Kind } from '../../../model/config.ts'
import type { StepName } from '../../../model/step-names.ts'
import { type Plan, viewsIn } from '../simulation/plan.ts'
import type { Model } from '../simulation/simulator.ts'
import type { Step } from '../simulation/steps.ts'
import { versionView } from '../simulation/version-view.ts'
import { Projection, TICK_MS } from './abstraction.ts'
import { Path, tellState } from './path.ts'

/** The writes of a run are bits of a number. */
const MOST_WRITES = 30

/** The exhaustive model of `test/model`, with its steps fine: whether everything that a run announced is a path of it. */
export const model: Model = {
  leavesOut: ({ options: { cache, odd }, clients }) => {
    if (odd !== undefined) return 'caches of several kinds'
    if (typeof cache === 'object') return 'an adapter of one’s own'
    if (KINDS[cache] === undefined) return LEFT_OUT[cache]
    const writes = clients.flat().filter(({ kind }) => kind === 'write')
    return writes.length > MOST_WRITES ? `more than ${MOST_WRITES} writes` : undefined
  },

  judge: (steps, plan, coverage) => {
    const taken = new Map<StepName, number>()
    let projections = 0
    for (const view of viewsIn(plan)) {
      for (const tag of versionView.tags({ id: view })) {
        const explanation = follow(steps, view, tag, plan, taken)
        if (explanation !== undefined) return { rule: 'no such step', operation: { view }, explanation }
        projections += 1
      }
    }
    coverage.path(projections, taken)
    return undefined
  },
}

type Named = Exclude<Plan['options']['cache'], object>

/** What they are in the model. */
const KINDS: Readonly<Partial<Record<Named, readonly Kind[]>>> = {
  redis: ['shared'],
  tiered: ['tiered'],
  lru: ['private'],
  near: ['front', 'behind'],
}

/** What the model has, but not in fine steps, and what it has not at all. */
const LEFT_OUT: Readonly<Partial<Record<Named, string>>> = {
  null: 'no cache',
  'near cluster': 'a cluster',
  'tiered cluster': 'a cluster',
  cluster: 'a cluster',
}

/** Why this is no path of the model, seen from one tag of one view. */
function follow(
  steps: readonly Step[],
  view: string,
  tag: string,
  { options }: Plan,
  taken: Map<StepName, number>,
): string | undefined {
  const kinds = KINDS[options.cache as Named]!
  const projection = new Projection(view, tag, kinds, options.instances, steps)
  const path = new Path(projection.config, taken)
  for (const [index, step] of steps.entries()) {
    const ways = projection.waysOf(step)
    if (ways === undefined) continue
    path.until(Math.floor(step.time / TICK_MS))
    if (path.go(ways)) continue
    return [
      `step ${index + 1} of ${steps.length}, ${tellStep(step)}, seen from the tag ${tag}`,
      ...path.states.slice(0, 3).map((state) => `the model was at ${tellState(state, projection.config)}`),
      `and could go on with: ${path.possible().join('; ')}`,
    ].join('\n    ')
  }
  return undefined
}

function tellStep({ step, time, ...values }: Step): string {
  const told = JSON.stringify(values, (key, value) => {
    if (key === 'asked') return `${value.view} at I${value.slot}`
    return value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1').slice(0, 40) : value
  })
  return `«${step}» at ${time.toFixed(2)} ms ${told}`
}
