import { exploreEach } from './explore-each.ts'
import { plainFront } from './simulation/front.ts'
import type { OwnCache } from './simulation/own-cache.ts'
import { simulator } from './simulation/simulator.ts'
import { worldsOf } from './worlds.ts'

/** The simulation of instances that answer as HTTP does, without HTTP. */
const simulation = simulator(plainFront)

/**
 * The core on an adapter of one's own, in simulated worlds in which everything breaks and happens in every order: a test
 * per world. A schedule that breaks the promise is told as few requests, few faults and every step. Below 500 schedules it
 * is not asked whether they have seen enough.
 */
export function simulationContract(
  cache: OwnCache,
  { schedules = 500, seed = 1 }: { readonly schedules?: number; readonly seed?: number } = {},
): void {
  exploreEach(`${cache.name}: simulation`, worldsOf(cache), {
    schedules,
    seed,
    simulation,
    replay: (world, found) => `simulationContract(…, { schedules: 1, seed: ${found} }), «${world}»`,
  })
}

/** What the first schedule that breaks the promise comes to; undefined when none of so many in any world does. */
export async function storyOf(cache: OwnCache, schedules: number): Promise<string | undefined> {
  const worlds = worldsOf(cache)
  for (let seed = 1; seed <= schedules; seed += AT_ONCE) {
    for (const { name, options } of worlds) {
      const { finding } = await simulation.explore(options, AT_ONCE, seed)
      if (finding !== undefined)
        return simulation.explain(finding, `{ schedules: 1, seed: ${finding.seed} }, «${name}»`)
    }
  }
  return undefined
}

/** Schedules of a world, before it is the next one's turn. */
const AT_ONCE = 100
