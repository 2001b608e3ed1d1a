import { setTimeout as sleep } from 'node:timers/promises'
import type { Running } from '../http/contestant.ts'
import { LoadGenerator, type Throughput } from '../http/load.ts'
import { dotPlot } from '../support/dot-plot.ts'
import { Instances } from '../support/instances.ts'
import { redisVersion } from '../support/machine.ts'
import type { Findings, Part } from '../support/part.ts'
import { milliseconds, table } from '../support/report.ts'
import { median } from '../support/statistics.ts'

const MARKETS = 24
const PAGE = `/markets?page=1&page_size=${MARKETS}`
const CONNECTIONS = 64
/** What counts as warm, of the throughput when it has been under load for long. */
const WARM = 0.9
/** Throughput is looked at in steps of this many ms. */
const STEP_MS = 100
const CASES = [
  { name: 'lru', cache: 'lru', emptied: false },
  { name: 'tiered, Redis warm', cache: 'tiered', emptied: false },
  { name: 'tiered, Redis empty', cache: 'tiered', emptied: true },
] as const
type Case = (typeof CASES)[number]

interface Start {
  /** From its first answer on, in ms; undefined: not in this run. */
  readonly warmAfterMs: number | undefined
  /** Answers per second once warm. */
  readonly warm: number
  readonly loads: number
  /** Latencies in ms. */
  readonly p99: number
  readonly longest: number
  readonly answers: number
}

export const cold: Part = {
  name: 'cold',
  async run(quick: boolean): Promise<Findings> {
    const [rounds, seconds] = quick ? [1, 3] : [3, 6]
    const generator = new LoadGenerator()
    const starts = new Map<Case, Start[]>(CASES.map((each) => [each, []]))
    let redis = ''
    try {
      const fleets = { lru: await Instances.of('lru'), tiered: await Instances.of('tiered') }
      try {
        redis = await redisVersion(fleets.tiered.redis)
        for (const fleet of Object.values(fleets)) {
          await fleet.become(1)
          await fleet.markets(MARKETS)
        }
        for (let round = 1; round <= rounds; round++) {
          for (const [each, taken] of starts) {
            taken.push(await start(each, fleets[each.cache], generator, seconds))
          }
          console.error(`cold: round ${round} of ${rounds}`)
        }
      } finally {
        for (const fleet of Object.values(fleets)) await fleet.close()
      }
    } finally {
      generator.stop()
    }
    return findingsOf(starts, { rounds, seconds, redis })
  },
}

/** A second instance starts beside one that has been serving the page, and is under full load at once. */
async function start(
  { emptied }: Case,
  fleet: Instances,
  generator: LoadGenerator,
  seconds: number,
): Promise<Start> {
  const [serving] = await fleet.become(1)
  await generator.load(serving!.url + PAGE, { connections: 1, seconds: 0.2 })
  if (emptied) await fleet.redis.cli('FLUSHALL')
  const [, instance] = await fleet.become(2)
  const before = await loadsOf(instance!)
  // Any answer that is not 2xx, and any error or time-out, ends the run.
  const seen = await generator.load(instance!.url + PAGE, {
    connections: CONNECTIONS,
    seconds,
    stepMs: STEP_MS,
  })
  const loads = (await loadsOf(instance!)) - before
  await fleet.become(1)
  await sleep(STEP_MS)
  return { ...warming(seen), loads, p99: seen.p99, longest: seen.longest, answers: seen.answers }
}

function warming({ steps }: Throughput): Pick<Start, 'warmAfterMs' | 'warm'> {
  const whole = steps.slice(0, -1)
  const warm = median(whole.slice(-Math.floor(whole.length / 3)))
  // Smoothed over three steps, or one that a noisy machine favoured would count as warm.
  const at = whole.findIndex((_, i) => median(whole.slice(i, i + 3)) >= WARM * warm)
  return { warmAfterMs: at < 0 ? undefined : at * STEP_MS, warm: (warm * 1000) / STEP_MS }
}

/** How often it has asked the database for a view. */
async function loadsOf({ url }: Running): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const counts = metrics.matchAll(/^marketflow_load_duration_seconds_count\S* (\d+)/gm)
  return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0)
}

function findingsOf(
  starts: ReadonlyMap<Case, readonly Start[]>,
  { rounds, seconds, redis }: { rounds: number; seconds: number; redis: string },
): Findings {
  const cases = [...starts.keys()]
  const of = (each: Case, figure: (start: Start) => number) => median(starts.get(each)!.map(figure))
  const warmAfter = (each: Case) => of(each, ({ warmAfterMs }) => warmAfterMs ?? seconds * 1000)
  return {
    title: 'A cold instance under full load',
    servers: `Redis ${redis}`,
    headlines: [
      [
        `from its first answer until a cold instance under full load does ${WARM * 100} % of what it does when warm: ${cases.map(({ name }) => name).join('; ')}`,
        `${cases.map((each) => `${(warmAfter(each) / 1000).toFixed(1)} s`).join('; ')}, without an error`,
      ],
    ],
    figures: {
      rounds,
      seconds,
      connections: CONNECTIONS,
      cases: cases.map((each) => ({ ...each, starts: starts.get(each)! })),
    },
    plots: {
      'cold.svg': dotPlot({
        title: 'A cold instance under full load: how long until it is warm, and its longest answer',
        unit: 'ms; less is better; logarithmic',
        series: [`${WARM * 100} % of warm`, 'p99', 'longest answer'],
        ticks: [1, 10, 100, 1000, 10_000],
        rows: cases.map((each) => ({
          label: `Marketflow, ${each.name}`,
          ours: true,
          values: [warmAfter(each), of(each, ({ p99 }) => p99), of(each, ({ longest }) => longest)],
        })),
      }),
    },
    report: [
      '![How long until a cold instance is warm, and its longest answer](cold.svg)',
      table(
        ['', `until ${WARM * 100} % of warm`, 'loads', 'answers', 'errors', 'p99', 'longest', 'warm'],
        cases.map((each) => [
          each.name,
          milliseconds(warmAfter(each)),
          String(of(each, ({ loads }) => loads)),
          Math.round(of(each, ({ answers }) => answers)).toLocaleString('en'),
          '0',
          milliseconds(of(each, ({ p99 }) => p99)),
          milliseconds(of(each, ({ longest }) => longest)),
          `${Math.round(of(each, ({ warm }) => warm)).toLocaleString('en')}/s`,
        ]),
      ),
      `Medians of ${rounds} round${rounds === 1 ? '' : 's'}. A second instance starts beside one that has been serving the page, and from its first answer on is asked by ${CONNECTIONS} connections for ${seconds} s. Warm is the last third of that; the code is compiled meanwhile, which is most of what it takes. Loads are what the instance asked PostgreSQL for in all that time, also before its first lease, without which it may not use its cache; an error, a time-out or an answer without 2xx would have ended the run.`,
    ],
  }
}
