import { Drain, type DrainOutcome, type SharedHalf } from './drain.ts'
import { DrainLoop } from './drain-loop.ts'
import { ExplainView } from './explanation.ts'
import { Lease, LeasePermit, TrustedSessions } from './lease.ts'
import { type Limit, LoadQueue } from './load-queue.ts'
import type { CachePort } from './ports/cache-port.ts'
import type { Clock } from './ports/clock.ts'
import type { LoggingTransaction, Snapshots, Transactions } from './ports/database.ts'
import type { InvalidationLog } from './ports/invalidation-log.ts'
import type { Random } from './ports/random.ts'
import { type ReadObserver, ReadThrough } from './read-through.ts'
import type { Compress } from './representation.ts'
import { ShadowCheck, type ShadowReport } from './shadow-check.ts'
import { type Recorded, UnitOfWork, type WriteReport } from './unit-of-work.ts'
import { WriteConfirmation } from './write-confirmation.ts'

/** What the core needs of its surroundings. */
export interface Surroundings<Source, Tx extends LoggingTransaction, Event extends Recorded> {
  readonly cache: CachePort
  readonly log: InvalidationLog
  readonly snapshots: Snapshots<Source>
  readonly transactions: Transactions<Tx>
  /** Every tag that a write with these events invalidates. */
  readonly tagsOf: (events: readonly Event[]) => readonly string[]
  readonly clock: Clock
  readonly random: Random
  readonly leaseMs: number
  /** The longest TTL that the log's rows outlive, in seconds; without it, every view's is taken to be shorter. */
  readonly longestTtlS?: number
  /** With the database out of reach, serve what is still there, marked; otherwise fail. */
  readonly serveUnverified: boolean
  /** Done once when an entry is made; without it, bodies are kept and sent as they are. */
  readonly compress?: Compress
  /** The share of hits that are checked against the database, in [0, 1]. */
  readonly shadowShare?: number
  /** Starts a load when it is its turn. */
  readonly limit: Limit
  /** Loads that run or wait; beyond that a read fails at once. */
  readonly mostLoads: number
  readonly observer: Observer
  /** What the loop and the waiting writes sleep on; without them, `clock`. */
  readonly clocks?: { readonly loop: Clock; readonly writes: Clock }
}

/** What operators want to know. Every method returns at once. */
export interface Observer extends ReadObserver {
  drained(outcome: DrainOutcome): void
  wrote(report: WriteReport): void
  shadowChecked(report: ShadowReport): void
}

/** The core of one instance: one lease, one drain loop, and the only ways to read and to write. */
export interface Consistency<Source, Tx extends LoggingTransaction, Event extends Recorded> {
  readonly lease: Lease
  readonly loads: LoadQueue
  /** Runs until it is finished; nothing can be read from the cache before its first drain. */
  readonly loop: DrainLoop
  readonly confirmation: WriteConfirmation
  readonly reads: ReadThrough<Source>
  readonly writes: UnitOfWork<Tx, Event>
  readonly shadow: ShadowCheck<Source>
  readonly explain: ExplainView
}

/** The one place where the parts of the core meet. */
export function wireConsistency<Source, Tx extends LoggingTransaction, Event extends Recorded>(
  surroundings: Surroundings<Source, Tx, Event>,
): Consistency<Source, Tx, Event> {
  const { cache, log, snapshots, transactions, tagsOf, clock, random } = surroundings
  const { leaseMs, longestTtlS, serveUnverified, compress, shadowShare = 0 } = surroundings
  const { limit, mostLoads, observer } = surroundings
  const { clocks = { loop: clock, writes: clock } } = surroundings

  const lease = new Lease(clock, leaseMs)
  const trusted = new TrustedSessions()
  const leased = new LeasePermit(trusted, lease)
  const loads = new LoadQueue(limit, mostLoads)

  const drain = new Drain(cache, log, trusted, lease, behind(cache, log, clock, { leased, trusted, leaseMs }))
  const loop = new DrainLoop(drain, clocks.loop, leaseMs, (outcome) => {
    observer.drained(outcome)
    loads.drained(outcome)
  })
  log.onWake(() => loop.wake())
  const confirmation = new WriteConfirmation(log, loop, clocks.writes, leaseMs)
  const writes = new UnitOfWork(transactions, tagsOf, confirmation, clock, (report) => observer.wrote(report))

  const shadowOptions = { share: shadowShare, leaseMs }
  const shadow = new ShadowCheck(cache, leased, snapshots, loads, clock, random, shadowOptions, (report) =>
    observer.shadowChecked(report),
  )
  const reads = new ReadThrough(cache, { leased, trusted }, snapshots, loads, clock, random, observer, {
    serveUnverified,
    ...(compress && { compress }),
    ...(longestTtlS !== undefined && { longestTtlS }),
    ...(shadowShare > 0 && { hits: shadow }),
  })
  const explain = new ExplainView(cache, trusted, lease, clock)
  return { lease, loads, loop, confirmation, reads, writes, shadow, explain }
}

/** The shared cache behind a near one has sessions, a lease and permits of its own. */
function behind(
  { behind: cache }: CachePort,
  log: InvalidationLog,
  clock: Clock,
  near: { readonly leased: LeasePermit; readonly trusted: TrustedSessions; readonly leaseMs: number },
): SharedHalf | undefined {
  if (cache === undefined) return undefined
  const lease = new Lease(clock, near.leaseMs)
  const trusted = new TrustedSessions()
  near.trusted.behind = trusted
  near.leased.behind = new LeasePermit(trusted, lease)
  return { drain: new Drain(cache, log, trusted, lease), lease }
}
