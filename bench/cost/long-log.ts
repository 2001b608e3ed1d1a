import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { LruCache } from '../../src/adapters/cache/lru-cache.ts'
import { openDatabase } from '../../src/adapters/postgres/database.ts'
import { SystemClock } from '../../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../../src/adapters/system/system-random.ts'
import { Drain } from '../../src/application/consistency/drain.ts'
import { Lease, TrustedSessions } from '../../src/application/consistency/lease.ts'
import { freshDatabase } from '../../test/support/postgres.ts'
import { timed } from '../support/statistics.ts'

/** What drains of a private cache beside others took over one log, in ms. */
export interface LongLog {
  readonly kept: number
  /** Until one that had lost its connection to the log had applied every row again. */
  readonly caughtUp: number
  /** Each of the others found one new row: how long it took, and how much CPU of this process. */
  readonly next: number[]
  readonly cpu: number[]
}

/** Drains over logs of these lengths, taking turns. */
export async function drainLongLogs(lengths: readonly number[], drains: number): Promise<LongLog[]> {
  const logs: Awaited<ReturnType<typeof openLog>>[] = []
  try {
    for (const length of lengths) logs.push(await openLog(length))
    for (let i = 0; i < drains; i++) for (const { drainOne } of logs) await drainOne()
    return logs.map(({ took }) => took)
  } finally {
    for (const { close } of logs) await close()
  }
}

async function openLog(kept: number) {
  const fresh = await freshDatabase()
  const database = await openDatabase({ url: fresh.url }, { logTimeoutMs: 10_000 })
  await database.migrate()
  await fill(fresh.url, kept)
  const clock = new SystemClock()
  const cache = new LruCache({ maxBytes: 1_000_000 }, clock, new SystemRandom())
  const drain = new Drain(cache, database.invalidationLog, new TrustedSessions(), new Lease(clock, 1000))
  /** Drains until one is complete. */
  const run = async () => {
    for (;;) {
      const { error, behind } = await drain.run()
      if (error !== undefined) throw error
      if (behind === undefined) return
    }
  }
  await run()
  await loseConnection(fresh.url)
  const took: LongLog = { kept, caughtUp: await timed(run), next: [], cpu: [] }
  return {
    took,
    drainOne: async () => {
      await database.transactions.run((tx) => tx.logInvalidation(['market:1', 'stats:market:1']))
      const before = process.cpuUsage()
      took.next.push(await timed(run))
      const { user, system } = process.cpuUsage(before)
      took.cpu.push((user + system) / 1000)
    },
    close: async () => {
      await database.close()
      await fresh.drop()
    },
  }
}

/** Ends the log's connection, so that it is made anew: positions in the log are of one connection. */
async function loseConnection(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(
    `select pg_terminate_backend(pid, 10000) from pg_stat_activity
     where datname = current_database() and application_name = 'marketflow log'`,
  )
  await client.end()
  await sleep(200)
}

/** As many rows as that, of the tags that a write has. */
async function fill(url: string, rows: number): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(
    `insert into cache_invalidation (tags, applied_at)
     select array['market:' || id, 'stats:market:' || id, 'applications:market:' || id, 'markets:active'], now()
     from (select gen_random_uuid()::text as id from generate_series(1, $1)) new`,
    [rows],
  )
  await client.end()
}
