import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { Api, organizer } from '../../test/support/api.ts'
import { freshDatabase } from '../../test/support/postgres.ts'
import { type Running, run } from '../http/contestant.ts'
import { type Asked, Asking, metric } from '../support/asking.ts'
import { dotPlot } from '../support/dot-plot.ts'
import type { Findings, Part } from '../support/part.ts'
import { milliseconds, ratio, table } from '../support/report.ts'
import { median, quantile } from '../support/statistics.ts'

const MARKETS = 2000
/** Of what the values are asked for, all of them would take a hundred times as much. */
const CACHE_MAX_MB = 8
/** What is asked for again and again, so many times a second in all. */
const ORDINARY = [1, 2, 3, 4, 5].map((page) => `/markets?page=${page}`).concat('/markets?city=chicago')
const PER_SECOND = 100
const HOSTILE_CONNECTIONS = 4

/** As dense as in a country of its own; a twentieth of them in one city. */
const POPULATE = `
  insert into markets (id, organizer_id, slug, name, city, description, stall_count, vendor_count, status, latitude,
    longitude, created_at, updated_at)
  select gen_random_uuid(), $1, 'market-' || i, left(md5(i::text), 6) || ' Farmers’ Market',
    case when i % 20 = 0 then 'Chicago' else 'Town ' || i % 100 end, repeat('On Saturdays. ', 10), 25, 0, 'active',
    30 + random() * 15, -120 + random() * 45, now(), now()
  from generate_series(1, $2::int) i`

interface Seen {
  readonly name: string
  readonly hits: number
  readonly p50: number
  readonly p99: number
  readonly answers: number
  readonly strangers: number
  readonly megabytes: number
}

/** A loop over values that strangers choose, beside the ordinary load on the list, and the same load without the loop. */
export const strangers: Part = {
  name: 'strangers',
  async run(quick: boolean): Promise<Findings> {
    const values = quick ? 2000 : 100_000
    const database = await freshDatabase()
    let service: Running | undefined
    try {
      service = await run('src/infrastructure/bin/main.ts', {
        DATABASE_URL: database.url,
        CACHE: 'lru',
        CACHE_MAX_MB: String(CACHE_MAX_MB),
        SEED_DEMO: 'false',
        RATE_LIMIT: 'off',
        LOG_LEVEL: 'warn',
        JWT_SECRET: 'a secret that only this benchmark uses',
      })
      const client = new Client({ connectionString: database.url })
      await client.connect()
      const rosa = await organizer(new Api(service.url))
      await client.query(POPULATE, [rosa.id, MARKETS])
      await client.query('vacuum (analyze)')
      await client.end()
      const seconds = quick ? 5 : 30
      const { url } = service
      const calm = () => sleep(seconds * 1000).then(() => 0)
      const without = await observed('without the loop', url, calm())
      const began = performance.now()
      const withLoop = await observed('with the loop', url, loop(url, values))
      const perSecond = (1000 * values) / (performance.now() - began)
      const hits = Math.round(perSecond * seconds)
      const withHits = await observed(
        'with as many hits a second in its place',
        url,
        paced(url, hits, perSecond),
      )
      return findingsOf({
        without,
        withLoop,
        withHits,
        again: await observed('without it again', url, calm()),
      })
    } finally {
      await service?.stop()
      await database.drop()
    }
  },
}

/** The ordinary load, for as long as something else goes on. */
async function observed(name: string, url: string, meanwhile: Promise<number>): Promise<Seen> {
  const asking = new Asking(64)
  for (const path of ORDINARY) await asking.ask(url + path)
  let strangers: number | undefined
  const ended = meanwhile.then((asked) => {
    strangers = asked
  })
  const answers: Promise<Asked>[] = []
  const began = performance.now()
  while (strangers === undefined) {
    // By the clock and not by the answers: what is slow is not asked less.
    const due = ((performance.now() - began) * PER_SECOND) / 1000
    while (answers.length < due) answers.push(asking.ask(url + ORDINARY[answers.length % ORDINARY.length]!))
    await sleep(5)
  }
  await ended
  const all = await Promise.all(answers)
  asking.close()
  const ms = all.map((each) => each.ms)
  return {
    name,
    hits: all.filter(({ hit }) => hit).length / all.length,
    p50: median(ms),
    p99: quantile(ms, 0.99),
    answers: all.length,
    strangers,
    megabytes: (await metric(url, 'process_resident_memory_bytes')) / 1e6,
  }
}

/** Asks for so many values, none of them twice; returns how many. */
async function loop(url: string, values: number): Promise<number> {
  const asking = new Asking(HOSTILE_CONNECTIONS)
  const today = Date.now()
  let next = 0
  const stranger = async () => {
    while (next < values) await asking.ask(url + hostile(next++, today))
  }
  await Promise.all(Array.from({ length: HOSTILE_CONNECTIONS }, stranger))
  asking.close()
  return values
}

/** Asks for what is kept, so many times and so often; returns how many new values there were. */
async function paced(url: string, requests: number, perSecond: number): Promise<number> {
  const asking = new Asking(HOSTILE_CONNECTIONS)
  const answers: Promise<Asked>[] = []
  const began = performance.now()
  while (answers.length < requests) {
    const due = Math.min(requests, ((performance.now() - began) * perSecond) / 1000)
    while (answers.length < due) answers.push(asking.ask(url + ORDINARY[answers.length % ORDINARY.length]!))
    await sleep(2)
  }
  await Promise.all(answers)
  asking.close()
  return 0
}

/** Words, points, dates and cities in turn. Dates are bounded in number: with each goes another place. */
function hostile(n: number, today: number): string {
  const date = new Date(today + (n % 370) * 86_400_000).toISOString().slice(0, 10)
  const [row, column] = [n % 1500, Math.floor(n / 1500)]
  return [
    `/markets?q=${n.toString(36).padStart(4, 'x')}`,
    `/markets?near=${(-75 + row / 10).toFixed(1)},${(-179 + column / 10).toFixed(1)}&radius_km=25`,
    `/markets?on=${date}&region=r${n}`,
    `/markets?city=stranger%20${n}`,
  ][n % 4]!
}

function findingsOf(phases: Record<'without' | 'withLoop' | 'withHits' | 'again', Seen>): Findings {
  const { without, withLoop, withHits } = phases
  const seen = Object.values(phases)
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  return {
    title: 'A loop over what strangers choose, beside the ordinary load',
    servers: 'PostgreSQL',
    headlines: [
      [
        `hits of \`/markets\` beside a loop over ${withLoop.strangers.toLocaleString('en')} words, points, dates and cities, against without it; latency, median and p99, against without it; against as many hits a second in its place`,
        `${percent(withLoop.hits)}, ${percent(without.hits)}; ${[without, withHits].map((other) => `${ratio(withLoop.p50 / other.p50)}, ${ratio(withLoop.p99 / other.p99)}`).join('; ')}`,
      ],
    ],
    figures: { markets: MARKETS, cacheMegabytes: CACHE_MAX_MB, perSecond: PER_SECOND, seen },
    plots: {
      'strangers.svg': dotPlot({
        title: 'The list beside a loop over what strangers choose',
        unit: 'ms; less is better; logarithmic',
        series: ['median', 'p99'],
        ticks: [0.1, 1, 10, 100, 1000],
        rows: seen.map(({ name, p50, p99 }) => ({ label: name, ours: true, values: [p50, p99] })),
      }),
    },
    report: [
      '![How long the list takes with and without the loop](strangers.svg)',
      table(
        ['', 'hits', 'median', 'p99', 'answers', 'strangers’ values', 'memory of the process'],
        seen.map((each) => [
          each.name,
          percent(each.hits),
          milliseconds(each.p50),
          milliseconds(each.p99),
          each.answers.toLocaleString('en'),
          each.strangers.toLocaleString('en'),
          `${Math.round(each.megabytes)} MB`,
        ]),
      ),
      `One instance with a cache of ${CACHE_MAX_MB} MB in its process, ${MARKETS.toLocaleString('en')} markets; ${PER_SECOND} answers a second of ${ORDINARY.length} pages of the list, whatever else goes on. The loop asks for each value once, over ${HOSTILE_CONNECTIONS} connections, as fast as it is answered: each is a load. It shares the CPUs with what is measured, as do as many hits a second, which show what any load of that size costs; rate limits are off. Only the hits and the memory are the cache's.`,
    ],
  }
}
