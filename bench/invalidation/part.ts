import type { Findings, Part } from '../support/part.ts'
import { median, timed } from '../support/statistics.ts'
import { AffectedPages } from './affected-pages.ts'
import { Crowd } from './crowd.ts'
import { findingsOf, type Method, type Size } from './report.ts'

interface Plan {
  /** How many other entries there are, rising. */
  readonly sizes: readonly number[]
  readonly rounds: number
}

const WHOLE: Plan = { sizes: [100, 1_000, 10_000, 100_000, 1_000_000], rounds: 500 }
const QUICK: Plan = { sizes: [100, 10_000], rounds: 50 }
/** Until the code is compiled, or the first size would look slow beside the others. */
const WARM_UP_ROUNDS = 300
/** Methods that walk over all keys are tried less often where there are many: so many keys in all, and so often at least. */
const MOST_WALKED = 2_000_000
const FEWEST_WALKS = 7

export const invalidation: Part = {
  name: 'invalidation',
  async run(quick: boolean): Promise<Findings> {
    const plan = quick ? QUICK : WHOLE
    const crowds: Crowd[] = []
    try {
      for (const entries of plan.sizes) crowds.push(await Crowd.of(entries))
      console.error('invalidation: every Redis is full')
      const tag = await invalidateByTag(crowds, plan.rounds)
      const [redis] = await Promise.all(crowds.map((crowd) => crowd.redisVersion()))
      const sizes: Size[] = []
      for (const [i, crowd] of crowds.entries()) {
        const walks = Math.max(FEWEST_WALKS, Math.min(plan.rounds, Math.floor(MOST_WALKED / crowd.entries)))
        const scan = await often(crowd, 'scan', walks)
        const keys = await often(crowd, 'keys', walks)
        sizes.push({ entries: crowd.entries, walks, ...tag[i]!, scanMs: median(scan), keysMs: median(keys) })
        console.error(`invalidation: ${crowd.entries.toLocaleString('en')} entries`)
      }
      return findingsOf(sizes, plan.rounds, AffectedPages.count, redis!)
    } finally {
      for (const crowd of crowds) await crowd.close()
    }
  },
}

/**
 * Every size has a Redis of its own, and all take turns, so that what the machine does meanwhile meets them alike. Nothing
 * else is done on the servers, so that what they say of `DEL` is about the stamps.
 */
async function invalidateByTag(crowds: readonly Crowd[], rounds: number) {
  const samples = crowds.map((): number[] => [])
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    if (round === 0) for (const crowd of crowds) await crowd.forgetStatistics()
    for (const [i, crowd] of crowds.entries()) {
      const [ms] = await often(crowd, 'tag', 1)
      if (round >= 0) samples[i]!.push(ms!)
    }
  }
  return Promise.all(
    crowds.map(async (crowd, i) => ({ tagMs: median(samples[i]!), redisUs: await crowd.usPerDelete() })),
  )
}

async function often(crowd: Crowd, method: Method, times: number): Promise<number[]> {
  const took: number[] = []
  while (took.length < times) {
    await crowd.pages.fill()
    took.push(await timed(() => crowd.invalidate(method)))
    await crowd.pages.expectGone()
  }
  return took
}
