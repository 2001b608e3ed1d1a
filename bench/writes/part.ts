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

/** What `LEASE_MS` is by default. */
const LEASE_MS = 1000
/** How long writes are watched after an instance was killed, in ms. */
const WATCHED_MS = 4000

/** A kill of one of the instances while they are written to, in ms. */
interface Kill {
  readonly longest: number
  /** After this long, no write took half a lease. */
  readonly fastAgain: number
}

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
    const kills = {} as Record<Cache, Kill>
    let redis = ''
    for (const cache of CACHES) {
      const instances = await Instances.of(cache)
      try {
        redis = await redisVersion(instances.redis)
        const ground = await prepared(instances, plan.each)
        levels[cache] = await climb(instances, ground, plan.counts, plan.each)
        kills[cache] = await killOne(instances, ground, plan.counts.at(-1)!)
      } finally {
        await instances.close()
      }
    }
    return findingsOf(levels, kills, plan, redis)
  },
}

type Ground = Awaited<ReturnType<Instances['markets']>>

async function prepared(instances: Instances, each: number): Promise<Ground> {
  await instances.become(1)
  const ground = await instances.markets(1)
  await writeOften(ground.rosa, ground.ids, each)
  return ground
}

/** Up and down again, so that what gets slower or faster meanwhile is in every level. */
async function climb(
  instances: Instances,
  { rosa, ids }: Ground,
  counts: readonly number[],
  each: number,
): Promise<Level[]> {
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

async function killOne(instances: Instances, { rosa, ids }: Ground, count: number): Promise<Kill> {
  const [first] = await instances.become(count)
  await sleep(SETTLING_MS)
  const writer = { ...rosa, api: rosa.api.at(first!.url) }
  await writeOften(writer, ids, ids.length)
  const killed = performance.now()
  const dying = instances.killOne()
  let longest = 0
  let fastAgain = 0
  while (performance.now() - killed < WATCHED_MS) {
    const [took] = await writeOften(writer, ids, ids.length)
    longest = Math.max(longest, took!)
    if (took! > LEASE_MS / 2) fastAgain = performance.now() - killed
  }
  await dying
  return { longest, fastAgain }
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
  kills: Readonly<Record<Cache, Kill>>,
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
      [
        `one of ${most} instances killed under writes: the longest write, in leases of a second; until all are fast again: \`tiered\`; \`near\`; \`lru\``,
        CACHES.map((cache) => `${leases(kills[cache].longest)}, ${leases(kills[cache].fastAgain)}`).join(
          '; ',
        ),
      ],
    ],
    figures: { counts, levels, kills },
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
      `Then one of ${most} is killed (\`kill -9\`) while another is written to, one write after the other. The longest write after that took ${CACHES.map((cache) => `${leases(kills[cache].longest)} leases with \`${cache}\``).join(', ')}; the last one of more than half a lease was answered ${CACHES.map((cache) => leases(kills[cache].fastAgain)).join(', ')} leases after the kill.`,
    ],
  }
}

function leases(ms: number): string {
  return (ms / LEASE_MS).toFixed(2)
}
