import { Client } from 'pg'
import { openDatabase } from '../../src/adapters/postgres/database.ts'
import type { Snapshots } from '../../src/application/ports/view-queries.ts'
import { adminUrl, freshDatabase } from '../../test/support/postgres.ts'
import type { Findings, Part } from '../support/part.ts'
import { median, quantile, timed } from '../support/statistics.ts'
import { grow } from './populate.ts'
import { findingsOf } from './report.ts'
import { VIEWS } from './views.ts'

interface Plan {
  /** How many markets there are, rising. */
  readonly sizes: readonly number[]
  readonly rounds: number
}

const WHOLE: Plan = { sizes: [1_000, 10_000, 100_000, 1_000_000], rounds: 40 }
const QUICK: Plan = { sizes: [1_000, 10_000], rounds: 10 }
const WARM_UP_ROUNDS = 5

/** What a miss costs while the tables grow: every view from PostgreSQL. */
export const growth: Part = {
  name: 'growth',
  async run(quick: boolean): Promise<Findings> {
    const { sizes, rounds } = quick ? QUICK : WHOLE
    const databases: Grown[] = []
    try {
      for (const size of sizes) {
        databases.push(await grown(size))
        console.error(`growth: ${size.toLocaleString('en')} markets`)
      }
      const samples = await measure(databases, rounds)
      const figures = VIEWS.map((view) => ({
        name: view.name,
        sizes: view.there(sizes).map((size) => {
          const ms = samples.get(view.name)!.get(size)!
          return { size, medianMs: median(ms), p99Ms: quantile(ms, 0.99) }
        }),
      }))
      return findingsOf(figures, { sizes, rounds }, await serverVersion())
    } finally {
      for (const database of databases) await database.close()
    }
  },
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

/** By view, then by size, in ms. */
async function measure(databases: readonly Grown[], rounds: number) {
  const samples = new Map(
    VIEWS.map(({ name }) => [name, new Map(databases.map(({ size }): [number, number[]] => [size, []]))]),
  )
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const { name, load } of VIEWS) {
      // One size after the other within a round, and back in the next, so that what else the machine does hits all alike.
      for (const { size, snapshots } of round % 2 === 0 ? databases : databases.toReversed()) {
        const ms = await timed(() => snapshots.read(load))
        if (round >= 0) samples.get(name)!.get(size)!.push(ms)
      }
    }
  }
  return samples
}

async function serverVersion(): Promise<string> {
  const client = new Client({ connectionString: adminUrl() })
  await client.connect()
  const { rows } = await client.query('show server_version')
  await client.end()
  return `PostgreSQL ${String(rows[0].server_version).split(' ')[0]}`
}
