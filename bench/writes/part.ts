import { setTimeout as sleep } from 'node:timers/promises'
import type { Person } from '../../test/support/api.ts'
import { dotPlot } from '../support/dot-plot.ts'
import { Instances } from '../support/instances.ts'
import { redisVersion } from '../support/machine.ts'
import type { Findings, Part } from '../support/part.ts'
import { milliseconds, ratio, table } from '../support/report.ts'
import { median, quantile, timed } from '../support/statistics.ts'

const CACHES = ['tiered', 'near', 'lru'] as const
type Cache = (typeof CACHES)[number]
/** Until new instances hold their first lease and are compiled, in ms. */
const SETTLING_MS = 1000

interface Level {
  readonly instances: number
  /** ms. */
  readonly took: readonly number[]
}

export const writes: Part = {
  name: 'writes',
  async run(quick: boolean): Promise<Findings> {
    const plan = quick ? { counts: [1, 3], each: 16 } : { counts: [1, 2, 4, 8], each: 80 }
    const levels: Record<Cache, Level[]> = { tiered: [], near: [], lru: [] }
    let redis = ''
    for (const cache of CACHES) {
      const instances = await Instances.of(cache)
      try {
        redis = await redisVersion(instances.redis)
        levels[cache] = await climb(instances, plan.counts, plan.each)
      } finally {
        await instances.close()
      }
    }
    return findingsOf(levels, plan, redis)
  },
}

/** Up and down again, so that what gets slower or faster meanwhile is in every level. */
async function climb(instances: Instances, counts: readonly number[], each: number): Promise<Level[]> {
  await instances.become(1)
  const { rosa, ids } = await instances.markets(1)
  await writeOften(rosa, ids, each)
  const took = new Map(counts.map((count): [number, number[]] => [count, []]))
  for (const count of [...counts, ...counts.toReversed()]) {
    const running = await instances.become(count)
    await sleep(SETTLING_MS)
    const writers = running.map(({ url }) => ({ ...rosa, api: rosa.api.at(url) }))
    for (const writer of writers) await writeOften(writer, ids, ids.length)
    // Everyone takes turns at writing.
    for (let done = 0, turn = 0; done < each; done += ids.length, turn++) {
      took.get(count)!.push(...(await writeOften(writers[turn % writers.length]!, ids, ids.length)))
    }
    console.error(`writes: ${count} instances`)
  }
  return Array.from(took, ([count, all]) => ({ instances: count, took: all }))
}

let version = 0

/** A write to each market at the same time, so often that `count` have been answered. */
async function writeOften({ api }: Person, ids: readonly string[], count: number): Promise<number[]> {
  const took: number[] = []
  while (took.length < count) {
    const writes = ids.map((id) =>
      timed(async () => {
        const { status } = await api.put(`/markets/${id}`, { description: `version ${++version}` })
        if (status !== 200) throw new Error(`A write was answered ${status}`)
      }),
    )
    took.push(...(await Promise.all(writes)))
  }
  return took
}

function findingsOf(
  levels: Readonly<Record<Cache, readonly Level[]>>,
  { counts, each }: { counts: readonly number[]; each: number },
  redis: string,
): Findings {
  const relative = ({ took }: Level, [one]: readonly Level[]) => median(took) / median(one!.took)
  const most = counts.at(-1)!
  return {
    title: 'Writes with several instances',
    servers: `Redis ${redis}`,
    headlines: [
      [
        `a write’s latency with ${most} instances, against one: \`tiered\`; \`near\`; \`lru\``,
        CACHES.map((cache) => ratio(relative(levels[cache].at(-1)!, levels[cache]))).join('; '),
      ],
    ],
    figures: { counts, levels },
    plots: {
      'writes.svg': dotPlot({
        title: 'Latency of a write, as a ratio to one instance',
        unit: 'median; less is better; logarithmic',
        series: counts.map((count) => `${count} instance${count === 1 ? '' : 's'}`),
        ticks: [0.5, 1, 2, 4],
        rows: CACHES.map((cache) => ({
          label: `Marketflow, ${cache}`,
          ours: true,
          values: levels[cache].map((level) => relative(level, levels[cache])),
        })),
      }),
    },
    report: [
      '![Latency of a write with one to eight instances](writes.svg)',
      table(
        ['instances', ...counts.map(String)],
        CACHES.flatMap((cache) => [
          [`${cache}, ratio`, ...levels[cache].map((level) => relative(level, levels[cache]).toFixed(2))],
          [`${cache}, p50`, ...levels[cache].map(({ took }) => milliseconds(median(took)))],
          [`${cache}, p99`, ...levels[cache].map(({ took }) => milliseconds(quantile(took, 0.99)))],
        ]),
      ),
      `A market’s description is changed over HTTP, by every instance in turn, ${2 * each} times for each number of real processes on one PostgreSQL and one Redis, which grows and then shrinks again. One write at a time. With \`tiered\` it waits for its own drain, and for no other’s; with \`near\` and \`lru\` until every instance has acknowledged it.`,
    ],
  }
}
