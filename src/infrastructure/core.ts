import { Container, type ContainerModule } from 'inversify'
import type { Logger } from 'pino'
import type { Connections } from '../adapters/postgres/connections.ts'
import { type Database, openDatabase } from '../adapters/postgres/database.ts'
import { SystemClock } from '../adapters/system/system-clock.ts'
import { DrainLoop } from '../application/consistency/drain-loop.ts'
import { Lease } from '../application/consistency/lease.ts'
import { LoadQueue } from '../application/consistency/load-queue.ts'
import { CachePort } from '../application/consistency/ports/cache-port.ts'
import { Clock } from '../application/consistency/ports/clock.ts'
import { Unavailable } from '../application/consistency/ports/unavailable.ts'
import { rowsKeptMs, startRunning } from '../application/consistency/running.ts'
import { ShadowCheck } from '../application/consistency/shadow-check.ts'
import { sharedSettingsOf } from '../application/consistency/shared-settings.ts'
import { ANSWERS_KEPT_MS } from '../application/use-case/once.ts'
import { LONGEST_TTL_S } from '../application/use-cases.ts'
import { type Config, locationOf } from './config/config.ts'
import { keptSecret } from './config/secret.ts'
import { boundedCache } from './modules/bounded-cache.ts'
import { lruCache } from './modules/cache-lru.ts'
import { nearCache } from './modules/cache-near.ts'
import { nullCache } from './modules/cache-null.ts'
import { redisCache } from './modules/cache-redis.ts'
import { tieredCache } from './modules/cache-tiered.ts'
import { consistency } from './modules/consistency.ts'
import { foundation, mail, pages, persistence } from './modules/foundation.ts'
import { tracing } from './modules/tracing.ts'
import { useCases } from './modules/use-cases.ts'
import { DatabaseState } from './observability/database-state.ts'
import { KnownHolders } from './observability/known-holders.ts'
import { Metrics } from './observability/metrics.ts'
import { TracedConnections } from './tracing/traced-connections.ts'

/** The longest a load may take, in ms. */
const LONGEST_LOAD_MS = 10_000

/** Swapping a cache adapter is one line of configuration for a user, and one module for a developer. */
const CACHES: Record<
  Config['cache'],
  (config: Config, logger: Logger, databaseId: string) => ContainerModule
> = {
  null: () => nullCache,
  lru: lruCache,
  redis: redisCache,
  tiered: tieredCache,
  near: nearCache,
}

/** Everything but the ways in: the database, the cache, the protocol between them, and the use cases. */
export interface Core {
  readonly container: Container
  readonly database: Database
  /** Applies what is pending one last time, then closes the cache and the database. */
  close(): Promise<CoreFarewell>
}

interface CoreFarewell {
  /** Rows of the log that this instance could not apply. Other instances will, or the next one to start. */
  readonly invalidationsLeft: number | undefined
}

/**
 * Opens the database, brings its schema up to date and starts the drain loop. Works without Redis, only slower.
 * `overrides` are loaded last and may rebind anything, as a test does with a port.
 * @throws Unavailable `database-unavailable`; SettingsConflict; DataDirUnusable
 */
export async function openCore(
  config: Config,
  logger: Logger,
  overrides: readonly Override[] = [],
): Promise<Core> {
  const databaseState = new DatabaseState(new SystemClock(), logger)
  const database = await openDatabase(locationOf(config), {
    observe: databaseState.observe,
    loadTimeoutMs: LONGEST_LOAD_MS,
    logTimeoutMs: config.leaseMs,
    ...(config.tracing && {
      instrument: (connections: Connections) => new TracedConnections(connections, config.databaseUrl),
    }),
  })
  let cache: CachePort | undefined
  try {
    await (config.migrate ? database.migrate() : assertMigrated(database))
    const container = new Container()
    await container.load(
      foundation({
        signing: config.jwtSecret ?? (await keptSecret(config.dataDir)),
        accepted: config.jwtSecretAccepted,
      }),
      persistence(database, databaseState),
      CACHES[config.cache](config, logger, await database.identity()),
      consistency(config, logger),
      pages(config),
      mail(config),
      useCases,
    )
    for (const override of overrides) await override(container)
    // What stands around a port comes last: binding a port anew takes away what stood around it before.
    await container.load(boundedCache(config, logger), ...(config.tracing ? [tracing] : []))
    cache = await container.getAsync(CachePort)
    return await start(config, logger, container, cache, database)
  } catch (error) {
    // A connection to Redis that is left open keeps a process alive that has given up.
    await cache?.close()
    await database.close()
    throw error
  }
}

/** @throws Unavailable `database-unavailable` when this release needs more than what is there. */
async function assertMigrated(database: Database): Promise<void> {
  const pending = await database.pendingMigrations()
  if (pending.length === 0) return
  const message = `The database lacks ${pending.join(', ')}: run \`npm run migrate\` before the service, or leave MIGRATE out`
  throw new Unavailable('database-unavailable', { message })
}

export type Override = (container: Container) => Promise<void> | void

async function start(
  config: Config,
  logger: Logger,
  container: Container,
  cache: CachePort,
  database: Database,
): Promise<Core> {
  const [clock, metrics] = await Promise.all([container.getAsync(Clock), container.getAsync(Metrics)])
  await database.invalidationLog.claim(sharedSettingsOf(config, cache))
  metrics.watchDatabase(await container.getAsync(DatabaseState))
  metrics.watch(
    cache,
    await container.getAsync(Lease),
    await container.getAsync(LoadQueue),
    await container.getAsync(KnownHolders),
  )
  const finish = await startRunning({
    loop: await container.getAsync(DrainLoop),
    shadow: await container.getAsync(ShadowCheck),
    cache,
    log: database.invalidationLog,
    clock,
    keptMs: rowsKeptMs(LONGEST_TTL_S, LONGEST_LOAD_MS),
    sweepFailed: (error) => {
      metrics.sweepFailed()
      logger.warn({ err: error }, 'the invalidation log could not be swept')
    },
  })
  const closing = new AbortController()
  const sweeping = sweepAnswers(database, clock, closing.signal, (error) => {
    metrics.sweepFailed()
    logger.warn({ err: error }, 'answers kept under idempotency keys could not be swept')
  })
  const close = async () => {
    closing.abort()
    await sweeping
    const last = await finish()
    await database.close()
    const done = last.invalidated && last.error === undefined
    return { invalidationsLeft: done ? 0 : last.backlog?.rows }
  }
  return { container, database, close }
}

const SWEEP_ANSWERS_EVERY_MS = 10 * 60_000

/** A sweep that fails is made up for by the next. */
async function sweepAnswers(
  database: Database,
  clock: Clock,
  signal: AbortSignal,
  failed: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(SWEEP_ANSWERS_EVERY_MS, signal)
    if (!signal.aborted) await database.sweepAnswers(ANSWERS_KEPT_MS).catch(failed)
  }
}
