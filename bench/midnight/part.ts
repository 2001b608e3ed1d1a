import { setTimeout as sleep } from 'node:timers/promises'
import { Api, activeMarket, organizer } from '../../test/support/api.ts'
import { freshDatabase } from '../../test/support/postgres.ts'
import { startRedis } from '../../test/support/redis.ts'
import { type Running, run } from '../http/contestant.ts'
import { type Asked, Asking, metric } from '../support/asking.ts'
import { dotPlot } from '../support/dot-plot.ts'
import type { Findings, Part } from '../support/part.ts'
import { milliseconds, table } from '../support/report.ts'
import { median, quantile } from '../support/statistics.ts'

const ZONE = 'America/Chicago'
const INSTANCES = 2
/** So many readers ask one page after the other, of each instance. */
const READERS = 16
/** Puts the clock of a process forward, before anything reads it. */
const SHIFTED = (ms: number) =>
  `data:text/javascript,${encodeURIComponent(`const now = Date.now; Date.now = () => now() + ${ms}`)}`
const LOADS = 'marketflow_load_duration_seconds_count'

interface Night {
  readonly pages: number
  /** Beyond those of the zones, which midnight leaves alone. */
  readonly loadsPerPage: readonly number[]
  readonly before: Latency
  readonly after: Latency
}

interface Latency {
  readonly p50: number
  readonly p99: number
  readonly longest: number
  readonly hits: number
}

/** What a midnight costs: every market's page of a zone is another one at once. */
export const midnight: Part = {
  name: 'midnight',
  async run(quick: boolean): Promise<Findings> {
    const [pages, seconds] = quick ? [20, 3] : [300, 6]
    const [database, redis] = await Promise.all([freshDatabase(), startRedis()])
    const instances: Running[] = []
    try {
      // Until then are the start of the instances, the markets, and a while at which each page is warm.
      const startup = quick ? 30 : 75
      const shift = untilMidnight() - startup * 1000
      for (let i = 0; i < INSTANCES; i++) {
        const env = {
          DATABASE_URL: database.url,
          REDIS_URL: redis.url,
          CACHE: 'lru',
          SEED_DEMO: 'false',
          RATE_LIMIT: 'off',
          LOG_LEVEL: 'warn',
          JWT_SECRET: 'a secret that only this benchmark uses',
        }
        instances.push(await run('src/infrastructure/bin/main.ts', env, [SHIFTED(shift)]))
      }
      const paths = await marketPages(instances[0]!.url, pages)
      return findingsOf(await observed(instances, paths, shift, seconds))
    } finally {
      for (const instance of instances) await instance.stop()
      await redis.stop()
      await database.drop()
    }
  },
}

/** In ms, by the clock that midnight is told by. */
function untilMidnight(now = Date.now()): number {
  const there = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(ZONE)
  return there.startOfDay().add({ days: 1 }).epochMilliseconds - now
}

async function marketPages(url: string, count: number): Promise<string[]> {
  const rosa = await organizer(new Api(url))
  const paths: string[] = []
  for (let i = 0; i < count; i++) {
    const id = await activeMarket(rosa, { name: `Pier ${i}`, time_zone: ZONE })
    paths.push(`/m/${(await rosa.api.get(`/markets/${id}`)).body.slug}`)
  }
  return paths
}

/** The last seconds before midnight, and as many after it. */
async function observed(
  instances: readonly Running[],
  paths: readonly string[],
  shift: number,
  seconds: number,
): Promise<Night> {
  const asking = new Asking(INSTANCES * READERS)
  for (const { url } of instances) for (const path of paths) await asking.ask(url + path)
  const left = untilMidnight(Date.now() + shift)
  if (left > 600_000 || left < seconds * 1000)
    throw new Error('Midnight came before all was ready: the machine is too busy')
  await sleep(left - seconds * 1000)
  const before = await load(instances, paths, asking, seconds - 0.5)
  const loads = await Promise.all(instances.map(({ url }) => metric(url, LOADS)))
  await sleep(Math.max(0, untilMidnight(Date.now() + shift)) % 3_600_000)
  const after = await load(instances, paths, asking, seconds)
  const loadsPerPage = await Promise.all(
    instances.map(async ({ url }, i) => ((await metric(url, LOADS)) - loads[i]!) / paths.length),
  )
  asking.close()
  return { pages: paths.length, loadsPerPage, before, after }
}

async function load(
  instances: readonly Running[],
  paths: readonly string[],
  asking: Asking,
  seconds: number,
): Promise<Latency> {
  const all: Asked[] = []
  const end = performance.now() + seconds * 1000
  // All of an instance's readers walk through the pages alike: each page is asked for by many at once.
  const reader = async (url: string) => {
    for (let n = 0; performance.now() < end; n++) all.push(await asking.ask(url + paths[n % paths.length]!))
  }
  await Promise.all(instances.flatMap(({ url }) => Array.from({ length: READERS }, () => reader(url))))
  const ms = all.map((each) => each.ms)
  return {
    p50: median(ms),
    p99: quantile(ms, 0.99),
    longest: Math.max(...ms),
    hits: all.filter(({ hit }) => hit).length / all.length,
  }
}

function findingsOf(night: Night): Findings {
  const { pages, loadsPerPage, before, after } = night
  const loads = loadsPerPage.map((each) => each.toFixed(2)).join(' and ')
  const rows = [
    ['before midnight', before],
    ['after it', after],
  ] as const
  return {
    title: 'A midnight',
    servers: 'PostgreSQL, Redis',
    headlines: [
      [
        `loads per page and instance when midnight makes ${pages} pages new at once, ${INSTANCES} instances, ${READERS} readers each`,
        loads,
      ],
    ],
    figures: { zone: ZONE, instances: INSTANCES, readers: READERS, ...night },
    plots: {
      'midnight.svg': dotPlot({
        title: 'Pages of markets around a midnight',
        unit: 'ms; less is better; logarithmic',
        series: ['median', 'p99', 'longest'],
        ticks: [0.1, 1, 10, 100, 1000],
        rows: rows.map(([label, { p50, p99, longest }]) => ({
          label,
          ours: true,
          values: [p50, p99, longest],
        })),
      }),
    },
    report: [
      '![How long pages take around a midnight](midnight.svg)',
      table(
        ['', 'median', 'p99', 'longest', 'hits'],
        rows.map(([label, { p50, p99, longest, hits }]) => [
          label,
          milliseconds(p50),
          milliseconds(p99),
          milliseconds(longest),
          `${(hits * 100).toFixed(1)} %`,
        ]),
      ),
      `Loads per page and instance in the seconds after midnight: ${loads}. The clocks of ${INSTANCES} instances, each with a cache in its process, are put forward to a moment before midnight in ${ZONE}. ${pages} pages of markets there are warm; all ${READERS} readers of an instance ask for one after the other, so that each is asked for by many at once when it is new.`,
    ],
  }
}
