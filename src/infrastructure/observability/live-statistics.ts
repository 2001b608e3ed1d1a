import { aboutCause } from '../../adapters/postgres/failure-cause.ts'
import type { Lease } from '../../application/consistency/lease.ts'
import type { LoadQueue } from '../../application/consistency/load-queue.ts'
import type { CachePort } from '../../application/consistency/ports/cache-port.ts'
import type { Clock } from '../../application/consistency/ports/clock.ts'
import { Statistics, type StatisticsSnapshot } from '../../application/ports/statistics.ts'
import type { DatabaseState } from './database-state.ts'
import type { KnownHolders } from './known-holders.ts'
import type { Metrics } from './metrics.ts'
import type { RecentEvents } from './recent-events.ts'

/** Everything counted and remembered, put together when it is asked for: nothing here costs a request anything. */
export class LiveStatistics extends Statistics {
  readonly #metrics: Metrics
  readonly #recent: RecentEvents
  readonly #cache: CachePort
  readonly #lease: Lease
  readonly #loads: LoadQueue
  readonly #database: DatabaseState
  readonly #holders: KnownHolders
  readonly #clock: Clock

  constructor(
    metrics: Metrics,
    recent: RecentEvents,
    cache: CachePort,
    lease: Lease,
    loads: LoadQueue,
    database: DatabaseState,
    holders: KnownHolders,
    clock: Clock,
  ) {
    super()
    this.#metrics = metrics
    this.#recent = recent
    this.#cache = cache
    this.#lease = lease
    this.#loads = loads
    this.#database = database
    this.#holders = holders
    this.#clock = clock
  }

  async snapshot(): Promise<StatisticsSnapshot> {
    return {
      at: new Date(this.#clock.now()).toISOString(),
      cache: { name: this.#cache.name, ...this.#cache.health() },
      lease: { held: this.#lease.holds, ageMs: this.#lease.ageMs ?? null },
      database: this.#failing(),
      holders: this.#holders.now.map(({ id, state, acknowledgedMs = null }) => ({
        id,
        state,
        acknowledgedMs,
      })),
      pending: { rows: this.#metrics.pendingRows, oldestMs: this.#metrics.oldestPendingS * 1000 },
      loadsInFlight: this.#loads.size,
      reads: await this.#counted('cache_reads_total'),
      fills: await this.#counted('cache_fills_total'),
      loads: this.#recent.loads,
      writes: await this.#counted('writes_total'),
      shadow: await this.#counted('shadow_checks_total'),
      latencies: this.#recent.latencies,
      invalidations: this.#recent.invalidations,
      violations: this.#recent.violations,
    }
  }

  #failing(): StatisticsSnapshot['database'] {
    const { cause } = this.#database
    return cause === undefined ? null : { cause, says: aboutCause(cause).says }
  }

  /** The labels of these counters are the fields of the snapshot. */
  async #counted<T>(name: string): Promise<T[]> {
    const values = await this.#metrics.values(name)
    return values.map(({ labels, value }) => ({ ...labels, count: value }) as T)
  }
}
