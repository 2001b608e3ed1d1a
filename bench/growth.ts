/**
 * What a miss costs while the tables grow: every view from PostgreSQL, with 10³ to 10⁶ markets.
 * `npm run bench:growth -- --largest 1000000 --rounds 40`
 */
import { Client } from 'pg'
import { openDatabase } from '../src/adapters/postgres/database.ts'
import type { Snapshots, ViewQueries } from '../src/application/ports/view-queries.ts'
import { adminUrl, freshDatabase } from '../test/support/postgres.ts'
import { GROWING_CITY, grow, SMALL_CITY, TYPICAL } from './growth/populate.ts'
import { describeMachine, thisMachine } from './support/machine.ts'
import { wholeOptions } from './support/options.ts'
import { milliseconds, publish, publishJson, ratio, table } from './support/report.ts'
import { median, quantile, timed } from './support/statistics.ts'

const { largest, rounds } = wholeOptions({ largest: 1_000_000, rounds: 40 })
const SIZES = [1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= largest)
const WARM_UP_ROUNDS = 5

const { market: marketId, vendor, organizer } = TYPICAL
const listing = (page: number, city?: string) => (views: ViewQueries) =>
  views.marketListing({ page, pageSize: 20, ...(city !== undefined && { city }) })

/** Each with whether its answer grows with the table, so that its cost may. */
const VIEWS: Record<string, (views: ViewQueries) => Promise<unknown>> = {
  'list, page 1': listing(1),
  'list, page 40': listing(40),
  'list, page 10,000': listing(10_000),
  'list of a city of 100 markets, page 1': listing(1, SMALL_CITY),
  'list of a city with a twentieth of all, page 1': listing(1, GROWING_CITY),
  'market with its vendors': (views) => views.marketDetail(marketId),
  'market as a page': (views) => views.marketPage('typical-1'),
  'market’s counts': (views) => views.marketStats(marketId),
  'market’s applications': (views) => views.marketApplications({ marketId, page: 1, pageSize: 20 }),
  'vendor’s profile': (views) => views.vendorProfile(vendor),
  'vendor’s dashboard': (views) => views.vendorDashboard(vendor),
  'organizer’s dashboard': (views) => views.organizerDashboard(organizer),
}

interface Grown {
  readonly size: number
  readonly snapshots: Snapshots
  close(): Promise<void>
}

async function grown(size: number): Promise<Grown> {
  const fresh = await freshDatabase()
  const database = await openDatabase({ url: fresh.url }, { loadTimeoutMs: 60_000, logTimeoutMs: 10_000 })
  await database.migrate()
  const client = new Client({ connectionString: fresh.url })
  await client.connect()
  await grow(client, 0, size)
  await client.end()
  return {
    size,
    snapshots: database.snapshots,
    close: async () => {
      await database.close()
      await fresh.drop()
    },
  }
}

const machine = await thisMachine()
const databases: Grown[] = []
try {
  for (const size of SIZES) databases.push(await grown(size))
  const samples = new Map<string, Map<number, number[]>>()
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [name, load] of Object.entries(VIEWS)) {
      // One size after the other within a round, so that what else the machine does hits all alike.
      for (const { size, snapshots } of databases) {
        const ms = await timed(() => snapshots.read(load))
        if (round < 0) continue
        const bySize = samples.get(name) ?? new Map<number, number[]>()
        samples.set(name, bySize.set(size, [...(bySize.get(size) ?? []), ms]))
      }
    }
  }
  const figures = Object.keys(VIEWS).map((name) => ({
    name,
    sizes: SIZES.map((size) => {
      const ms = samples.get(name)!.get(size)!
      return { size, medianMs: median(ms), p99Ms: quantile(ms, 0.99) }
    }),
  }))
  const server = await versionOf()
  await publishJson('growth.json', { at: new Date().toISOString(), machine, server, rounds, figures })
  await publish('growth.md', [
    '# A miss while the tables grow',
    `${describeMachine(machine)}; ${server}`,
    `The median of ${rounds} loads of each view from PostgreSQL, in turns, as a ratio to the same view with ${SIZES[0]!.toLocaleString('en')} markets (whose median is in the second column). With the markets grow organizers, vendors (half as many) and applications (twice as many); the market, vendor and organizer that are read stay alike.`,
    table(
      [
        'view',
        `${SIZES[0]!.toLocaleString('en')} markets`,
        ...SIZES.slice(1).map((size) => size.toLocaleString('en')),
      ],
      figures.map(({ name, sizes: [first, ...rest] }) => [
        name,
        milliseconds(first!.medianMs),
        ...rest.map(({ medianMs }) => ratio(medianMs / first!.medianMs)),
      ]),
    ),
    'A page far behind skips the entries of an index, one by one: that is the one cost that grows, with the page’s number and not with the table.',
    '`npm run bench:growth` measures it anew.',
  ])
} finally {
  for (const database of databases) await database.close()
}

async function versionOf(): Promise<string> {
  const client = new Client({ connectionString: adminUrl() })
  await client.connect()
  const { rows } = await client.query('show server_version')
  await client.end()
  return `PostgreSQL ${String(rows[0].server_version).split(' ')[0]}`
}
