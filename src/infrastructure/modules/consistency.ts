import { ContainerModule, type ServiceIdentifier } from 'inversify'
import pLimit from 'p-limit'
import type { Logger } from 'pino'
import { compress } from '../../adapters/http/kit/content-coding.ts'
import { DrainLoop } from '../../application/consistency/drain-loop.ts'
import { ExplainView } from '../../application/consistency/explanation.ts'
import { Lease } from '../../application/consistency/lease.ts'
import { LoadQueue } from '../../application/consistency/load-queue.ts'
import { CachePort } from '../../application/consistency/ports/cache-port.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { InvalidationLog } from '../../application/consistency/ports/invalidation-log.ts'
import { Random } from '../../application/consistency/ports/random.ts'
import { ShadowCheck, type ShadowReport } from '../../application/consistency/shadow-check.ts'
import { type Consistency, type Observer, wireConsistency } from '../../application/consistency/wire.ts'
import { type WaitedFor, WriteConfirmation } from '../../application/consistency/write-confirmation.ts'
import { Statistics } from '../../application/ports/statistics.ts'
import { type Transaction, Transactions } from '../../application/ports/transactions.ts'
import { Snapshots, type ViewQueries } from '../../application/ports/view-queries.ts'
import { tagsOf, type WriteEvent } from '../../application/tables/event-tags.ts'
import { Reads, Writes } from '../../application/tables/reads-and-writes.ts'
import type { Config } from '../config/config.ts'
import { ChangesOfState } from '../observability/changes-of-state.ts'
import { DatabaseState } from '../observability/database-state.ts'
import { KnownHolders } from '../observability/known-holders.ts'
import { LiveStatistics } from '../observability/live-statistics.ts'
import { Metrics } from '../observability/metrics.ts'
import { RecentEvents } from '../observability/recent-events.ts'
import { traceProtocol } from '../tracing/traced-ports.ts'

/** Loads at once; a little less than the pool, so that log-ins find a connection too. */
const LOADS_IN_FLIGHT = 8
/** Loads that run or wait; beyond that a read is answered 503 at once. */
const LOADS_WAITING = 2000

type Wired = Consistency<ViewQueries, Transaction, WriteEvent>
const WIRED: ServiceIdentifier<Wired> = Symbol('the consistency core, wired')

/** The consistency core over Marketflow's tables, and each of its parts by its own name. */
export const consistency = (config: Config, logger: Logger) =>
  new ContainerModule(({ bind }) => {
    bind(WIRED)
      .toResolvedValue(
        (cache, log, snapshots, transactions, clock, random, metrics, recent, holders) => {
          const wired = wireConsistency({
            cache,
            log,
            snapshots,
            transactions,
            tagsOf,
            clock,
            random,
            leaseMs: config.leaseMs,
            serveUnverified: config.serveUnverified,
            shadowShare: config.shadowCheck,
            compress,
            limit: pLimit(LOADS_IN_FLIGHT),
            mostLoads: LOADS_WAITING,
            observer: observer(metrics, recent, holders, clock, logger),
          })
          if (config.tracing) traceProtocol(wired)
          return wired
        },
        [
          CachePort,
          InvalidationLog,
          Snapshots,
          Transactions,
          Clock,
          Random,
          Metrics,
          RecentEvents,
          KnownHolders,
        ],
      )
      .inSingletonScope()
    bind(KnownHolders)
      .toResolvedValue((log, clock) => new KnownHolders(log, clock), [InvalidationLog, Clock])
      .inSingletonScope()
    bind(Lease).toResolvedValue(({ lease }) => lease, [WIRED])
    bind(LoadQueue).toResolvedValue(({ loads }) => loads, [WIRED])
    bind(DrainLoop).toResolvedValue(({ loop }) => loop, [WIRED])
    bind(WriteConfirmation).toResolvedValue(({ confirmation }) => confirmation, [WIRED])
    bind(Reads).toResolvedValue(({ reads }) => reads, [WIRED])
    bind(Writes).toResolvedValue(({ writes }) => writes, [WIRED])
    bind<Wired['shadow']>(ShadowCheck).toResolvedValue(({ shadow }) => shadow, [WIRED])
    bind(ExplainView).toResolvedValue(({ explain }) => explain, [WIRED])
    bind(Statistics)
      .toResolvedValue(
        (metrics, recent, cache, lease, loads, database, holders, clock) =>
          new LiveStatistics(metrics, recent, cache, lease, loads, database, holders, clock),
        [Metrics, RecentEvents, CachePort, Lease, LoadQueue, DatabaseState, KnownHolders, Clock],
      )
      .inSingletonScope()
  })

function observer(
  metrics: Metrics,
  recent: RecentEvents,
  holders: KnownHolders,
  clock: Clock,
  logger: Logger,
): Observer {
  const waits = new ChangesOfState<WaitedFor['reason']>(clock, ({ state, detail, failures }) => {
    if (state === undefined) logger.info('writes no longer wait for leases to end')
    else logger.warn({ reason: state, ...(detail as object), failures }, WAITS_FOR[state])
  })
  return {
    read: (view, status) => metrics.read(view, status),
    loaded: (view, ms, outcome) => {
      metrics.loaded(view, ms, outcome)
      recent.loaded(view, ms)
    },
    drained: (outcome) => {
      metrics.drained(outcome)
      holders.drained(outcome.holders)
    },
    wrote: (report) => {
      const { waitedFor, waitedMs, causes } = report
      waits.observe(waitedFor?.reason, { holders: waitedFor?.holders, waitedMs, causes })
      metrics.wrote(report)
      recent.wrote(report)
    },
    shadowChecked: (report) => {
      metrics.shadowChecked(report)
      recent.shadowChecked(report)
      logShadow(logger, report)
    },
  }
}

/** Why a write took 1.02 times LEASE_MS. */
const WAITS_FOR: Record<WaitedFor['reason'], string> = {
  log: 'a write waited for the leases to end: the invalidation log could not be read',
  cache: 'a write waited for the leases to end: no instance could delete its stamps in the cache',
  holders:
    'a write waited for the leases to end: instances with a cache of their own have not acknowledged it; they have died, are cut off, or too busy',
}

/** A broken promise is an error in the log; that all is well is a number in the metrics. */
function logShadow(logger: Logger, { outcome, error, ...report }: ShadowReport): void {
  if (outcome === 'violation')
    logger.error(report, 'a hit differs from the database, and no write in flight explains it')
  else if (outcome === 'undecided')
    logger.debug({ ...report, err: error }, 'a shadow check could not be decided')
}
