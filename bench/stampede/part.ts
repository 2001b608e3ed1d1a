import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Contestant, contestants } from '../library/contestant.ts'
import { openWorld } from '../library/world.ts'
import { dotPlot } from '../support/dot-plot.ts'
import type { Findings, Part } from '../support/part.ts'
import { milliseconds, table } from '../support/report.ts'
import { median, quantile, timed } from '../support/statistics.ts'
import { type FleetResult, fleets } from './fleet.ts'

const COLD_READERS = 1000
const HOT_READERS = 64
const WRITES_PER_SECOND = 50
/** How long a load takes, in ms: a listing on a database that has other things to do. */
const LOAD_MS = 20
/** Between a hot reader's reads, in ms. */
const THINK_MS = 2

interface Outcome {
  readonly loads: number
  readonly reads: number
  readonly writes: number
  /** ms. */
  readonly p50: number
  readonly p99: number
  readonly most: number
}

interface Result {
  readonly contestant: Contestant
  readonly cold: readonly Outcome[]
  readonly hot: readonly Outcome[]
}

export const stampede: Part = {
  name: 'stampede',
  async run(quick: boolean): Promise<Findings> {
    const [rounds, hotMs] = quick ? [1, 500] : [3, 1000]
    const world = await openWorld()
    const all = await contestants(world)
    try {
      const results = all.map((contestant) => ({
        contestant,
        cold: [] as Outcome[],
        hot: [] as Outcome[],
      }))
      for (let round = 0; round <= rounds; round++) {
        for (const { contestant, cold, hot } of results) {
          const outcome = await coldKey(contestant)
          // The first one warms up.
          if (round === 0) continue
          cold.push(outcome)
          hot.push(await hotKey(contestant, world.marketId, hotMs))
        }
        console.error(`stampede: round ${round} of ${rounds}`)
      }
      const fleet = await fleets(world.redisUrl, LOAD_MS, quick ? 5 : 30)
      return findingsOf(results, fleet, { rounds, hotMs, servers: world.servers })
    } finally {
      for (const contestant of all) await contestant.close()
      await world.close()
    }
  },
}

const FLEETS = ['redis', 'tiered'] as const

function fleetOf(
  fleet: readonly FleetResult[],
  cache: string,
  instances: number,
  lease: boolean,
): FleetResult {
  return fleet.find((each) => each.cache === cache && each.instances === instances && each.lease === lease)!
}

/** All readers want what has never been asked for before. */
async function coldKey({ read }: Contestant): Promise<Outcome> {
  const counted = countedLoads()
  const id = randomUUID()
  const took = await Promise.all(
    Array.from({ length: COLD_READERS }, () => timed(() => read(id, counted.load))),
  )
  return outcomeOf(took, counted.count(), 0)
}

/** Everybody wants what is always being changed. */
async function hotKey({ read, write }: Contestant, id: string, ms: number): Promise<Outcome> {
  const counted = countedLoads()
  const end = performance.now() + ms
  const took: number[] = []
  async function reader(): Promise<void> {
    while (performance.now() < end) {
      took.push(await timed(() => read(id, counted.load)))
      await sleep(THINK_MS)
    }
  }
  let writes = 0
  async function writer(): Promise<void> {
    const began = performance.now()
    while (performance.now() < end) {
      await write()
      writes += 1
      // By the clock, so that a write which takes longer is made up for, but one at a time.
      await sleep(Math.max(0, began + (writes * 1000) / WRITES_PER_SECOND - performance.now()))
    }
  }
  await Promise.all([writer(), ...Array.from({ length: HOT_READERS }, reader)])
  return outcomeOf(took, counted.count(), writes)
}

function countedLoads() {
  let loads = 0
  const load = async () => {
    loads += 1
    await sleep(LOAD_MS)
    return `{"load":${loads},"text":"${'x'.repeat(4000)}"}`
  }
  return { load, count: () => loads }
}

function outcomeOf(took: readonly number[], loads: number, writes: number): Outcome {
  const [p50, p99, most] = [quantile(took, 0.5), quantile(took, 0.99), Math.max(...took)]
  return { loads, reads: took.length, writes, p50, p99, most }
}

function findingsOf(
  results: readonly Result[],
  fleet: readonly FleetResult[],
  { rounds, hotMs, servers }: { rounds: number; hotMs: number; servers: string },
): Findings {
  const of = (outcomes: readonly Outcome[], figure: (outcome: Outcome) => number) =>
    median(outcomes.map(figure))
  const perWrite = ({ loads, writes }: Outcome) => loads / Math.max(1, writes)
  const tiered = results.find(({ contestant }) => contestant.name === 'Marketflow, tiered')!
  const name = ({ name, ours }: Contestant) => (ours ? `**${name}**` : name)
  const loads = (outcome: Outcome) => outcome.loads
  const relative = (figure: 'p99' | 'most') => (outcome: Outcome) => outcome[figure] / LOAD_MS
  return {
    title: 'Stampedes',
    servers,
    headlines: [
      [
        `loads for ${COLD_READERS.toLocaleString('en')} readers of a cold key; per write of a key that is changed ${WRITES_PER_SECOND} times a second under load (\`tiered\`)`,
        `${of(tiered.cold, loads)}; ${of(tiered.hot, perWrite).toFixed(2)}`,
      ],
      [
        'loads per invalidation with 8 instances on one Redis, of which all read at once (`tiered`); without the fill lease',
        [true, false]
          .map((lease) => fleetOf(fleet, 'tiered', 8, lease).loadsPerInvalidation.toFixed(2))
          .join('; '),
      ],
    ],
    figures: {
      rounds,
      hotMs,
      loadMs: LOAD_MS,
      fleet,
      contestants: results.map(({ contestant: { name }, cold, hot }) => ({ name, cold, hot })),
    },
    plots: {
      'stampede.svg': dotPlot({
        title: 'The 99th percentile of reads in a stampede, as a ratio to one load',
        unit: 'less is better; logarithmic',
        series: ['cold key', 'hot key'],
        ticks: [0.01, 0.1, 1, 2, 5, 10, 50],
        rows: results.map(({ contestant, cold, hot }) => ({
          label: contestant.name,
          ours: contestant.ours,
          values: [of(cold, relative('p99')), of(hot, relative('p99'))],
        })),
      }),
    },
    report: [
      '![The 99th percentile of reads in a stampede](stampede.svg)',
      `### ${COLD_READERS.toLocaleString('en')} readers of a cold key`,
      table(
        ['', 'loads', 'p99, in loads', 'longest, in loads', 'p50', 'p99'],
        results.map(({ contestant, cold }) => [
          name(contestant),
          of(cold, loads).toLocaleString('en'),
          of(cold, relative('p99')).toFixed(2),
          of(cold, relative('most')).toFixed(2),
          milliseconds(of(cold, ({ p50 }) => p50)),
          milliseconds(of(cold, ({ p99 }) => p99)),
        ]),
      ),
      `### A hot key that is changed ${WRITES_PER_SECOND} times a second`,
      table(
        [
          '',
          'loads per write',
          'p99, in loads',
          'longest, in loads',
          'loads',
          'writes',
          'reads',
          'p50',
          'p99',
        ],
        results.map(({ contestant, hot }) => [
          name(contestant),
          of(hot, perWrite).toFixed(2),
          of(hot, relative('p99')).toFixed(2),
          of(hot, relative('most')).toFixed(2),
          of(hot, loads).toLocaleString('en'),
          of(hot, ({ writes }) => writes).toLocaleString('en'),
          of(hot, ({ reads }) => reads).toLocaleString('en'),
          milliseconds(of(hot, ({ p50 }) => p50)),
          milliseconds(of(hot, ({ p99 }) => p99)),
        ]),
      ),
      '### Instances that share a Redis',
      table(
        [
          'instances',
          ...FLEETS.flatMap((cache) => [
            cache,
            `${cache}, without the lease`,
            `${cache}: took, in loads`,
            'without',
          ]),
        ],
        [1, 2, 4, 8].map((count) => [
          String(count),
          ...FLEETS.flatMap((cache) => {
            const [on, off] = [true, false].map((lease) => fleetOf(fleet, cache, count, lease))
            return [
              on!.loadsPerInvalidation.toFixed(2),
              off!.loadsPerInvalidation.toFixed(2),
              on!.took.toFixed(2),
              off!.took.toFixed(2),
            ]
          }),
        ]),
      ),
      'Loads per invalidation, after which 16 readers of each instance read at once, and how long until all have their answers. The instances are in one process, each with a connection, flights and an L1 of its own, so that the time is that of one core for all; what counts is the loads. FusionCache has a lock for the same since 2.5 ([0046](../decisions/0046-a-fill-lease.md)).',
      `Medians of ${rounds} round${rounds === 1 ? '' : 's'}, in which everybody takes turns. A load takes ${LOAD_MS} ms; *in loads* is a latency divided by that. Hot: ${HOT_READERS} readers with ${THINK_MS} ms between two reads, for ${hotMs / 1000} s, while a market is changed in PostgreSQL and then invalidated. A load takes as long as the key stays the same: a cache that never serves old data has to load again after each write, and its readers wait; few loads per write and short waits are what serving old data, or joining a load from before the write, looks like here ([how stale](staleness.md)).`,
    ],
  }
}
