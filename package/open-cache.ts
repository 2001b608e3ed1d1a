import pLimit from 'p-limit'
import type { Pool } from 'pg'
import { prepareLog } from '../src/adapters/postgres/log-schema.ts'
import { connectedBy, PoolConnections } from '../src/adapters/postgres/pool-connections.ts'
import { PostgresInvalidationLog } from '../src/adapters/postgres/postgres-invalidation-log.ts'
import { databaseIdentity, SamePrimary } from '../src/adapters/postgres/same-primary.ts'
import { refuseSharedSessions } from '../src/adapters/postgres/shared-sessions.ts'
import {
  type Sql,
  SqlSnapshots,
  type SqlTransaction,
  SqlTransactions,
} from '../src/adapters/postgres/sql-database.ts'
import { orUnavailable } from '../src/adapters/postgres/sql-errors.ts'
import { SystemClock } from '../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../src/adapters/system/system-random.ts'
import { bound, deadlinesOf } from '../src/application/consistency/bound.ts'
import type { CacheCall } from '../src/application/consistency/call-failures.ts'
import type { CachePort, CacheUnusable } from '../src/application/consistency/ports/cache-port.ts'
import type { Clock } from '../src/application/consistency/ports/clock.ts'
import type { Random } from '../src/application/consistency/ports/random.ts'
import { rowsKeptMs, startRunning } from '../src/application/consistency/running.ts'
import { sharedSettingsOf } from '../src/application/consistency/shared-settings.ts'
import type { Recorded } from '../src/application/consistency/unit-of-work.ts'
import { type Consistency, type Observer, wireConsistency } from '../src/application/consistency/wire.ts'

/** What an application gives to have its views cached. Times in ms unless a name says otherwise. */
export interface CacheOptions<Event extends Recorded> {
  /** PostgreSQL, for loads; its connections get time-outs of their own, so no one else should use it. */
  readonly pool: Pool
  /** For writes, so that those which wait for a lock keep no load waiting; without it, `pool`. */
  readonly writePool?: Pool
  /** Makes the adapter, which `openCache` owns: it closes it. */
  readonly cache: (ingredients: Ingredients) => CachePort
  /** Every tag that an event invalidates. */
  readonly tagsOf: (event: Event) => readonly string[]
  /** How long an instance may use its cache after a drain began, and about the longest a write can wait; 1000. */
  readonly leaseMs?: number
  /** How long the adapter takes for a round trip at most; 50. The core waits four times as long for a lookup. */
  readonly timeoutMs?: number
  /** No view may have a longer TTL, in seconds: the log keeps its rows a little longer. A day. */
  readonly longestTtlS?: number
  /** With PostgreSQL out of reach, serve what is still there, marked as unverified; otherwise fail. True. */
  readonly serveUnverified?: boolean
  /** The share of hits that are checked against the database, in [0, 1]; 0. */
  readonly shadowShare?: number
  readonly observer?: Partial<CacheEvents>
}

/** What an adapter is made of: inject these instead of the machine's, so that the simulation can supply its own. */
export interface Ingredients {
  readonly clock: Clock
  readonly random: Random
  /** Twelve hexadecimal digits, of the database and no copy of it: for the prefix of keys in a server that others use. */
  readonly databaseId: string
}

/** What operators want to know. Every method returns at once. */
export interface CacheEvents extends Observer {
  /** A call of the adapter failed, or took too long. */
  cacheFailed(call: CacheCall, error: CacheUnusable): void
  cacheRecovered(): void
  sweepFailed(error: unknown): void
}

/** One instance's cache, in use. */
export interface OpenCache<Event extends Recorded>
  extends Pick<Consistency<Sql, SqlTransaction, Event>, 'reads' | 'writes' | 'explain' | 'lease'> {
  /** Resolves when the pool leads to another database than at the start: this instance has to end. */
  readonly replaced: Promise<Error>
  /** Applies what is pending one last time. The pools stay open. */
  close(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 5_000
const LONGEST_LOAD_MS = 10_000
const LONGEST_WAIT_FOR_A_LOCK_MS = 2_000
const LOADS_WAITING = 1_000
const DAY_S = 86_400

/**
 * Creates the log's tables where they are missing, and starts this instance's lease. Without the cache's server it starts
 * as well, only slower.
 * @throws Unavailable `database-unavailable`; SettingsConflict while an instance with other settings is alive; SessionNotOwn
 * behind a pooler that shares its sessions; RangeError for an option that cannot be
 */
export async function openCache<Event extends Recorded>(
  options: CacheOptions<Event>,
): Promise<OpenCache<Event>> {
  const {
    pool,
    writePool = pool,
    leaseMs = 1_000,
    timeoutMs = 50,
    longestTtlS = DAY_S,
    observer = {},
  } = options
  refuse({ ...options })
  const [clock, random, primary] = [new SystemClock(), new SystemRandom(), new SamePrimary()]
  const common = { primary, connectTimeoutMs: CONNECT_TIMEOUT_MS, statementTimeoutMs: LONGEST_LOAD_MS }
  const loads = new PoolConnections({ ...common, pool })
  const writes =
    writePool === pool
      ? loads
      : new PoolConnections({ ...common, pool: writePool, lockTimeoutMs: LONGEST_WAIT_FOR_A_LOCK_MS })
  const log = new PostgresInvalidationLog(connectedBy(pool), leaseMs, primary)
  let cache: CachePort | undefined
  try {
    await refuseSharedSessions(connectedBy(pool), CONNECT_TIMEOUT_MS)
    await prepareLog(loads)
    const databaseId = await databaseIdentity(loads)
    primary.expect(databaseId)
    cache = bound(options.cache({ clock, random, databaseId }), deadlinesOf({ leaseMs, timeoutMs }), clock, {
      failed: (call, error) => observer.cacheFailed?.(call, error),
      recovered: () => observer.cacheRecovered?.(),
    })
    await log.claim(sharedSettingsOf({ leaseMs }, cache))
    const core = wireConsistency({
      cache,
      log,
      snapshots: new SqlSnapshots(loads, LONGEST_LOAD_MS),
      transactions: new SqlTransactions(writes),
      tagsOf: (events: readonly Event[]) => events.flatMap((event) => options.tagsOf(event)),
      clock,
      random,
      leaseMs,
      longestTtlS,
      serveUnverified: options.serveUnverified ?? true,
      shadowShare: options.shadowShare ?? 0,
      limit: pLimit(pool.options.max),
      mostLoads: LOADS_WAITING,
      observer: {
        read: (view, status) => observer.read?.(view, status),
        loaded: (view, ms, outcome) => observer.loaded?.(view, ms, outcome),
        drained: (outcome) => observer.drained?.(outcome),
        wrote: (report) => observer.wrote?.(report),
        shadowChecked: (report) => observer.shadowChecked?.(report),
      },
    })
    const finish = await startRunning({
      ...core,
      cache,
      log,
      clock,
      keptMs: rowsKeptMs(longestTtlS, LONGEST_LOAD_MS),
      sweepFailed: (error) => observer.sweepFailed?.(error),
    })
    const { reads, explain, lease } = core
    const close = async () => {
      await finish()
      await log.close()
    }
    return { reads, writes: core.writes, explain, lease, replaced: primary.replaced, close }
  } catch (error) {
    await cache?.close()
    await log.close()
    throw orUnavailable(error)
  }
}

/** What may be said of the options, and what would break silently. */
const ALLOWED: Readonly<Record<string, { readonly from: number; readonly to: number }>> = {
  leaseMs: { from: 100, to: 60_000 },
  timeoutMs: { from: 1, to: 60_000 },
  longestTtlS: { from: 1, to: 366 * DAY_S },
  shadowShare: { from: 0, to: 1 },
}

/** @throws RangeError that says which option, and what was expected */
function refuse(options: Readonly<Record<string, unknown>>): void {
  for (const [name, { from, to }] of Object.entries(ALLOWED)) {
    const value = options[name]
    if (value === undefined || (typeof value === 'number' && value >= from && value <= to)) continue
    throw new RangeError(`openCache: ${name} is ${String(value)}, expected a number from ${from} to ${to}`)
  }
}
