import { ContainerModule } from 'inversify'
import pLimit from 'p-limit'
import type { Logger } from 'pino'
import { Drain } from '../../application/consistency/drain.ts'
import { DrainLoop } from '../../application/consistency/drain-loop.ts'
import { ExplainView } from '../../application/consistency/explanation.ts'
import { Gate, TrustedSessions } from '../../application/consistency/gate.ts'
import { Lease } from '../../application/consistency/lease.ts'
import { LoadQueue } from '../../application/consistency/load-queue.ts'
import { CachePort } from '../../application/consistency/ports/cache-port.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { InvalidationLog } from '../../application/consistency/ports/invalidation-log.ts'
import { Random } from '../../application/consistency/ports/random.ts'
import { type ReadObserver, ReadThrough } from '../../application/consistency/read-through.ts'
import { ShadowCheck, type ShadowReport } from '../../application/consistency/shadow-check.ts'
import { UnitOfWork } from '../../application/consistency/unit-of-work.ts'
import { WriteConfirmation } from '../../application/consistency/write-confirmation.ts'
import { Statistics } from '../../application/ports/statistics.ts'
import { Transactions } from '../../application/ports/transactions.ts'
import { Snapshots } from '../../application/ports/view-queries.ts'
import type { Config } from '../config.ts'
import { LiveStatistics } from '../live-statistics.ts'
import { Metrics } from '../metrics.ts'
import { RecentEvents } from '../recent-events.ts'
import { TracedConfirmation, TracedDrainLoop } from '../tracing/traced-protocol.ts'

/** Loads at once; a little less than the pool, so that writes find a connection too. */
const LOADS_IN_FLIGHT = 8
/** Loads that run or wait; beyond that a read is answered 503 at once. */
const LOADS_WAITING = 2000

/** The protocol: one lease, one gate, one drain loop, and the only ways to read and to write. */
export const consistency = (
  { leaseMs, alone, serveUnverified, shadowCheck, tracing }: Config,
  logger: Logger,
) =>
  new ContainerModule(({ bind }) => {
    bind(Lease)
      .toResolvedValue((clock) => new Lease(clock, leaseMs), [Clock])
      .inSingletonScope()
    bind(TrustedSessions)
      .toResolvedValue(() => new TrustedSessions())
      .inSingletonScope()
    bind(Gate)
      .toResolvedValue((trusted, lease) => new Gate(trusted, lease), [TrustedSessions, Lease])
      .inSingletonScope()
    bind(Drain)
      .toResolvedValue(
        (cache, log, trusted, lease) => new Drain(cache, log, trusted, lease, alone),
        [CachePort, InvalidationLog, TrustedSessions, Lease],
      )
      .inSingletonScope()
    bind(DrainLoop)
      .toResolvedValue(
        (drain, clock, metrics, loads) =>
          new (tracing ? TracedDrainLoop : DrainLoop)(drain, clock, leaseMs, (outcome) => {
            metrics.drained(outcome)
            loads.drained(outcome)
          }),
        [Drain, Clock, Metrics, LoadQueue],
      )
      .inSingletonScope()
    bind(WriteConfirmation)
      .toResolvedValue(
        (cache, loop, clock) =>
          new (tracing ? TracedConfirmation : WriteConfirmation)(cache, loop, clock, leaseMs, alone),
        [CachePort, DrainLoop, Clock],
      )
      .inSingletonScope()
    bind(UnitOfWork)
      .toResolvedValue(
        (transactions, confirmation, clock, metrics, recent) =>
          new UnitOfWork(transactions, confirmation, clock, (report) => {
            metrics.wrote(report)
            recent.wrote(report)
          }),
        [Transactions, WriteConfirmation, Clock, Metrics, RecentEvents],
      )
      .inSingletonScope()
    bind(LoadQueue)
      .toResolvedValue(() => new LoadQueue(pLimit(LOADS_IN_FLIGHT), LOADS_WAITING))
      .inSingletonScope()
    bind(ReadThrough)
      .toResolvedValue(
        (cache, gate, trusted, snapshots, loads, clock, random, metrics, recent, hits) => {
          const observer: ReadObserver = {
            read: (view, status) => metrics.read(view, status),
            loaded: (view, ms, outcome) => {
              metrics.loaded(view, ms, outcome)
              recent.loaded(view, ms)
            },
          }
          return new ReadThrough(cache, { gate, trusted }, snapshots, loads, clock, random, observer, {
            serveUnverified,
            ...(shadowCheck > 0 && { hits }),
          })
        },
        [
          CachePort,
          Gate,
          TrustedSessions,
          Snapshots,
          LoadQueue,
          Clock,
          Random,
          Metrics,
          RecentEvents,
          ShadowCheck,
        ],
      )
      .inSingletonScope()
    bind(ShadowCheck)
      .toResolvedValue(
        (cache, gate, snapshots, loads, clock, random, metrics, recent) =>
          new ShadowCheck(
            cache,
            gate,
            snapshots,
            loads,
            clock,
            random,
            { share: shadowCheck, leaseMs },
            (report) => {
              metrics.shadowChecked(report)
              recent.shadowChecked(report)
              logShadow(logger, report)
            },
          ),
        [CachePort, Gate, Snapshots, LoadQueue, Clock, Random, Metrics, RecentEvents],
      )
      .inSingletonScope()
    bind(Statistics)
      .toResolvedValue(
        (metrics, recent, cache, lease, loads, clock) =>
          new LiveStatistics(metrics, recent, cache, lease, loads, clock),
        [Metrics, RecentEvents, CachePort, Lease, LoadQueue, Clock],
      )
      .inSingletonScope()
    bind(ExplainView)
      .toResolvedValue(
        (cache, trusted, lease, clock) => new ExplainView(cache, trusted, lease, clock),
        [CachePort, TrustedSessions, Lease, Clock],
      )
      .inSingletonScope()
  })

/** A broken promise is an error in the log; that all is well is a number in the metrics. */
function logShadow(logger: Logger, { outcome, error, ...report }: ShadowReport): void {
  if (outcome === 'violation')
    logger.error(report, 'a hit differs from the database, and no write in flight explains it')
  else if (outcome === 'undecided')
    logger.debug({ ...report, err: error }, 'a shadow check could not be decided')
}
