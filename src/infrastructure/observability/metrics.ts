import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ResetMailOutcome } from '../../application/accounts/reset-mails.ts'
import type { DrainOutcome } from '../../application/consistency/drain.ts'
import type { Lease } from '../../application/consistency/lease.ts'
import type { LoadQueue } from '../../application/consistency/load-queue.ts'
import type { CachePort } from '../../application/consistency/ports/cache-port.ts'
import type { Clock } from '../../application/consistency/ports/clock.ts'
import type { ReadObserver } from '../../application/consistency/read-through.ts'
import type { ReadStatus } from '../../application/consistency/reading.ts'
import type { ShadowReport } from '../../application/consistency/shadow-check.ts'
import type { WriteReport } from '../../application/consistency/unit-of-work.ts'
import type { DatabaseState } from './database-state.ts'
import { FastCounter, FastHistogram } from './fast-metrics.ts'
import type { KnownHolders } from './known-holders.ts'

/** A client may send any of the some forty methods that Node reads; each would be a series for every route. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS']
const METHOD_NOT_ALLOWED = 405

/** Under which method a request is counted: there are few. */
export function methodLabel(method: string, status: number): string {
  return METHODS.includes(method) && status !== METHOD_NOT_ALLOWED ? method : 'other'
}

const LATENCY_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Prometheus metrics, named by its conventions: base units (seconds, bytes), `_total` for counters. */
export class Metrics implements ReadObserver {
  readonly #registry = new Registry()
  readonly #clock: Clock
  /** What the last drain that could tell has left, and since when its oldest row has waited, in monotonic ms. */
  #left = { rows: 0, since: 0 }
  #databaseHeard = false
  readonly #reads = new FastCounter(
    'marketflow_cache_reads_total',
    'Reads by view and how they were answered',
    ['view', 'result', 'detail'],
    this.#registry,
  )
  readonly #fills = this.#counter('cache_fills_total', 'Loads by view and what became of them', [
    'view',
    'outcome',
  ])
  readonly #loadTimes = this.#histogram('load_duration_seconds', 'How long views take to load', ['view'])
  readonly #writes = this.#counter(
    'writes_total',
    'Answered writes by how their invalidation was confirmed',
    ['confirmation'],
  )
  readonly #writeWaits = this.#histogram(
    'write_confirmation_seconds',
    'Wait between a commit and its answer',
    [],
  )
  readonly #waitedOut = this.#counter(
    'writes_waited_for_total',
    'Writes that waited a lease out, by what did not confirm them: log, cache, or holders',
    ['reason'],
  )
  readonly #invalidated = this.#counter(
    'invalidated_tags_total',
    'Tags that writes of this instance invalidated',
    [],
  )
  readonly #drains = this.#counter('drains_total', 'Drains of the invalidation log by outcome', ['outcome'])
  readonly #failedSweeps = this.#counter(
    'failed_sweeps_total',
    'Sweeps of the invalidation log that failed',
    [],
  )
  readonly #failedCalls = this.#counter(
    'cache_failed_calls_total',
    'Calls that the cache failed, by what was asked of it',
    ['call'],
  )
  readonly #shadowChecks = this.#counter(
    'shadow_checks_total',
    'Hits compared with the database by what came of it',
    ['outcome'],
  )
  readonly #resetMails = this.#counter(
    'password_reset_mails_total',
    'Attempts to mail a link for a new password, by what became of them',
    ['outcome'],
  )
  readonly #requests = new FastHistogram(
    'marketflow_http_request_duration_seconds',
    'HTTP requests',
    ['route', 'method', 'status'],
    LATENCY_BUCKETS_S,
    this.#registry,
  )

  constructor(clock: Clock) {
    this.#clock = clock
    collectDefaultMetrics({ register: this.#registry })
    // A rate needs the zero before the first.
    for (const reason of ['log', 'cache', 'holders']) this.#waitedOut.inc({ reason }, 0)
    for (const outcome of ['sent', 'failed', 'given_up']) this.#resetMails.inc({ outcome }, 0)
  }

  /** One of several workers: everything is marked with its number. */
  markAs(worker: number): void {
    this.#registry.setDefaultLabels({ worker: String(worker) })
  }

  /** What is counted, to be added up with what other workers count. */
  counts(): Promise<object[]> {
    return this.#registry.getMetricsAsJSON()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** What one of our metrics holds now, by its labels; `name` without prefix. */
  async values(name: string): Promise<readonly { readonly labels: object; readonly value: number }[]> {
    return (await this.#registry.getSingleMetric(`marketflow_${name}`)!.get()).values
  }

  read(view: string, status: ReadStatus): void {
    this.#reads.inc(view, status.kind, detailOf(status))
  }

  loaded(view: string, ms: number, outcome: 'stored' | 'refused' | 'unstored' | 'failed'): void {
    this.#fills.inc({ view, outcome })
    this.#loadTimes.observe({ view }, ms / 1000)
  }

  wrote({ tags, confirmation, waitedFor, waitedMs }: WriteReport): void {
    this.#writes.inc({ confirmation })
    if (waitedFor !== undefined) this.#waitedOut.inc({ reason: waitedFor.reason })
    this.#writeWaits.observe(waitedMs / 1000)
    this.#invalidated.inc(tags.length)
  }

  drained({ invalidated, heard, backlog, error }: DrainOutcome): void {
    this.#databaseHeard = heard
    const done = error === undefined && invalidated
    this.#drains.inc({ outcome: done ? 'done' : 'failed' })
    if (done) this.#left = { rows: 0, since: 0 }
    else if (backlog !== undefined)
      this.#left = { rows: backlog.rows, since: this.#clock.monotonic() - backlog.oldestMs }
  }

  shadowChecked({ outcome }: ShadowReport): void {
    this.#shadowChecks.inc({ outcome })
  }

  requested(method: string, route: string, status: number, ms: number): void {
    this.#requests.observe(route, methodLabel(method, status), status, ms / 1000)
  }

  sweepFailed(): void {
    this.#failedSweeps.inc()
  }

  resetMailed(outcome: ResetMailOutcome): void {
    this.#resetMails.inc({ outcome })
  }

  cacheCallFailed(call: string): void {
    this.#failedCalls.inc({ call })
  }

  /** Whether the last drain, which asks over a connection of its own, heard PostgreSQL. */
  get databaseHeard(): boolean {
    return this.#databaseHeard
  }

  get pendingRows(): number {
    return this.#left.rows
  }

  /** Of an instance's whole life: the state is there before the metrics are. */
  watchDatabase(state: DatabaseState): void {
    new Counter({
      name: 'marketflow_database_failures_total',
      help: 'Uses of PostgreSQL that failed, by cause',
      labelNames: ['use', 'cause'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const { use, cause, count } of state.counts.values()) this.inc({ use, cause }, count)
      },
    })
    this.#gauge('database_serving', '1 while PostgreSQL does what this instance asks', () =>
      Number(state.cause === undefined),
    )
  }

  /** Gauges are read when they are asked for; nothing keeps them up to date in between. */
  watch(cache: CachePort, lease: Lease, loads: LoadQueue, holders: KnownHolders): void {
    new Gauge({
      name: 'marketflow_cache_holders',
      help: 'Instances on the list of holders, as the last drain found it; writes wait for each of them',
      labelNames: ['state'],
      registers: [this.#registry],
      collect() {
        const all = holders.now
        const retired = all.filter(({ state }) => state === 'retired').length
        this.set({ state: 'active' }, all.length - retired)
        this.set({ state: 'retired' }, retired)
      },
    })
    new Gauge({
      name: 'marketflow_holder_acknowledgement_age_seconds',
      help: 'How long ago each holder acknowledged something last; it has something to say when there is a write',
      labelNames: ['holder'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const { id, acknowledgedMs } of holders.now)
          if (acknowledgedMs !== undefined) this.set({ holder: id }, acknowledgedMs / 1000)
      },
    })
    this.#gauge(
      'lease_age_seconds',
      'Age of the lease; +Inf without one',
      () => (lease.ageMs ?? Infinity) / 1000,
    )
    this.#gauge('lease_held', '1 while the cache may be used', () => Number(lease.holds))
    this.#gauge(
      'pending_invalidations',
      'Rows of the log that the last drain could not apply, counted up to 10,000',
      () => this.pendingRows,
    )
    this.#gauge(
      'oldest_pending_invalidation_seconds',
      'How long ago the oldest such row was written',
      () => this.oldestPendingS,
    )
    this.#gauge('loads_in_flight', 'Loads that run or wait', () => loads.size)
    this.#gauge('cache_connected', '1 while there is a session', () => Number(cache.health().connected))
    this.#gauge('cache_breaker_open', '1 while the circuit breaker is not closed', () =>
      Number(['open', 'half-open'].includes(cache.health().breaker)),
    )
    this.#gauge('cache_entries', 'Entries kept in process', () => cache.health().entries)
    this.#gauge('cache_bytes', 'Size of the entries kept in process', () => cache.health().bytes)
  }

  /** How long the oldest pending row has waited, in s; 0 without one. */
  get oldestPendingS(): number {
    const { rows, since } = this.#left
    return rows === 0 ? 0 : (this.#clock.monotonic() - since) / 1000
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name: `marketflow_${name}`, help, labelNames, registers: [this.#registry] })
  }

  #histogram<L extends string>(name: string, help: string, labelNames: L[]): Histogram<L> {
    const registers = [this.#registry]
    return new Histogram({
      name: `marketflow_${name}`,
      help,
      labelNames,
      buckets: LATENCY_BUCKETS_S,
      registers,
    })
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `marketflow_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value())
      },
    })
  }
}

function detailOf(status: ReadStatus): string {
  switch (status.kind) {
    case 'hit':
      return status.tier
    case 'miss':
      return status.stored ? 'stored' : 'refused'
    case 'bypass':
      return status.reason
    case 'unverified':
      return ''
  }
}
