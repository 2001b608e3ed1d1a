import { join } from 'node:path'
import type { MikroORM } from '@mikro-orm/core'
import { Client, Pool } from 'pg'
import { Unavailable } from '../../application/consistency/ports/unavailable.ts'
import type { Transactions } from '../../application/ports/transactions.ts'
import type { Snapshots } from '../../application/ports/view-queries.ts'
import { messageOf } from '../../domain/errors.ts'
import type { Connections } from './connections.ts'
import { within } from './connections.ts'
import { DataDirUnusable, explainFileError, lockDataDir } from './data-dir.ts'
import { type EmbeddedFiles, embeddedFiles } from './embedded-files.ts'
import { failureCause, type ObserveDatabase } from './failure-cause.ts'
import { embeddedOrm, migrateAlone, migrateLocked, pendingMigrations, postgresOrm } from './orm.ts'
import { PgliteConnections, PgliteInvalidationLog } from './pglite.ts'
import { PoolConnections } from './pool-connections.ts'
import { PostgresInvalidationLog } from './postgres-invalidation-log.ts'
import { PostgresSnapshots } from './postgres-snapshots.ts'
import { PostgresTransactions } from './postgres-transactions.ts'
import { databaseIdentity, ON_STANDBY, refuseStandby, SamePrimary } from './same-primary.ts'
import { refuseSharedSessions } from './shared-sessions.ts'
import type { SqlInvalidationLog } from './sql-invalidation-log.ts'
import { translate } from './translate.ts'

/** A PostgreSQL server, or a database embedded in this process: in a directory, or in `memory` alone. */
export type DatabaseLocation = { readonly url: string } | { readonly dataDir: string }

export interface DatabaseOptions {
  /** Connections for loads and for what else reads; the invalidation log has one more. */
  readonly poolSize: number
  /** Connections for writes: those that wait for a lock keep no reader waiting. */
  readonly writePoolSize: number
  /** How long a write waits for another one's lock, in ms. */
  readonly lockTimeoutMs: number
  /** How long a caller waits for a connection, in ms. */
  readonly connectTimeoutMs: number
  /** The longest a load may take, and the longest any statement may, in ms. */
  readonly loadTimeoutMs: number
  /** The longest a call of the invalidation log may take, in ms: well below the lease. */
  readonly logTimeoutMs: number
  /** Is told how each use went. */
  readonly observe: ObserveDatabase
  /** Puts something around the connections, to watch what goes over them. */
  readonly instrument?: (connections: Connections) => Connections
}

const DEFAULTS: DatabaseOptions = {
  poolSize: 10,
  writePoolSize: 6,
  lockTimeoutMs: 2_000,
  connectTimeoutMs: 5_000,
  loadTimeoutMs: 10_000,
  logTimeoutMs: 1_000,
  observe: () => {},
}

const PING_TIMEOUT_MS = 1_000

export interface Database {
  readonly transactions: Transactions
  readonly snapshots: Snapshots
  readonly invalidationLog: SqlInvalidationLog
  /** For people: `PostgreSQL 17.2 at db.example.org:5432/marketflow`, `PGlite 18.1 in .marketflow`. No password. */
  readonly describe: string
  /**
   * Tells this database from every other, and from every copy of it. Once the schema is up to date. From then on, no
   * connection is used that leads to another one.
   */
  identity(): Promise<string>
  /** Resolves when a connection led to another database: this instance has to end. */
  readonly replaced: Promise<Error>
  /** @throws Unavailable `database-unavailable` unless the database answers within a second */
  ping(): Promise<void>
  /** Forgets what was answered under clients' keys longer ago than this, in ms, and links that have expired. */
  sweepAnswers(keptMs: number): Promise<void>
  /** Brings the schema up to date; others who start at the same time wait and find it done. */
  migrate(): Promise<void>
  /** What `migrate` would do, by name. */
  pendingMigrations(): Promise<string[]>
  close(): Promise<void>
}

/**
 * @throws Unavailable `database-unavailable` when it cannot be reached; `cause` says why
 * @throws DataDirUnusable when the embedded database cannot be opened: another process has it, say
 * @throws SessionNotOwn when it is a pooler that shares its sessions between clients
 */
export async function openDatabase(
  location: DatabaseLocation,
  options: Partial<DatabaseOptions> = {},
): Promise<Database> {
  const all = { ...DEFAULTS, ...options }
  return 'url' in location ? openPostgres(location.url, all) : openEmbedded(location.dataDir, all)
}

async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
  const to = { connectionString: url }
  const { host, port, database } = new Client(to)
  const primary = new SamePrimary()
  const { connectTimeoutMs, loadTimeoutMs: statementTimeoutMs, lockTimeoutMs } = options
  const pool = (max: number) =>
    new Pool({
      connectionString: url,
      max,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      pipeline: true,
      application_name: 'marketflow',
    })
  const common = { primary, connectTimeoutMs, statementTimeoutMs }
  const connections = new PoolConnections({ ...common, pool: pool(options.poolSize) })
  const writes = new PoolConnections({ ...common, pool: pool(options.writePoolSize), lockTimeoutMs })
  const orm = postgresOrm(url, options.connectTimeoutMs)
  const invalidationLog = new PostgresInvalidationLog(to, options.logTimeoutMs, primary, options.observe)
  const place = `at ${host}:${port}/${database}`
  const starting = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw atStart(error, place)
    }
  }
  const migrate = () => starting(migrateLocked(orm))
  const pending = () => starting(pendingMigrations(orm))
  const opened = await assemble({
    kind: 'PostgreSQL',
    place,
    connections,
    writes,
    orm,
    invalidationLog,
    primary,
    migrate,
    pending,
    options,
  })
  try {
    await refuseSharedSessions(to, options.connectTimeoutMs)
    return opened
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function openEmbedded(dataDir: string, options: DatabaseOptions): Promise<Database> {
  const inMemory = dataDir === 'memory'
  const lock = inMemory ? undefined : lockDataDir(dataDir)
  const released = () => lock?.release()
  const { embedded, pglite } = await openPglite(inMemory ? undefined : dataDir).catch((error: unknown) => {
    released()
    throw error
  })
  const connections = new PgliteConnections(pglite)
  const invalidationLog = new PgliteInvalidationLog(connections, options.logTimeoutMs)
  const orm = embedded as unknown as MikroORM
  // MikroORM talks to PGlite past our reservation, so no other caller may have it meanwhile.
  const migrate = () => connections.run(() => migrateAlone(orm))
  const pending = () => connections.run(() => pendingMigrations(orm))
  const place = inMemory ? 'in memory' : `in ${dataDir}`
  return assemble({
    kind: 'PGlite',
    place,
    connections,
    orm,
    invalidationLog,
    primary: new SamePrimary(),
    migrate,
    pending,
    options,
    released,
  })
}

async function openPglite(dataDir: string | undefined) {
  let kept: EmbeddedFiles | undefined
  try {
    // A directory of its own below: other files lie beside the database.
    kept = dataDir === undefined ? undefined : embeddedFiles(join(dataDir, 'database'))
    const embedded = embeddedOrm(kept?.files)
    return { embedded, pglite: await embedded.em.getConnection().getNativeClient() }
  } catch (error) {
    if (dataDir === undefined || error instanceof DataDirUnusable) throw error
    const explained = explainFileError(kept?.refusal() ?? error, dataDir)
    throw explained instanceof Error && explained !== error ? explained : damaged(dataDir, error)
  }
}

function damaged(dataDir: string, cause: unknown): DataDirUnusable {
  return new DataDirUnusable(
    `The database in ${dataDir} cannot be opened: its files are damaged, or some are missing (${messageOf(cause)}). Restore it from a backup, or delete ${join(dataDir, 'database')} to begin with an empty one.`,
    { cause },
  )
}

interface Parts {
  readonly kind: string
  readonly place: string
  readonly connections: Connections
  /** Absent: there is but one connection. */
  readonly writes?: Connections
  readonly orm: MikroORM
  readonly invalidationLog: SqlInvalidationLog
  readonly primary: SamePrimary
  readonly migrate: () => Promise<void>
  readonly pending: () => Promise<string[]>
  readonly options: DatabaseOptions
  /** Called when all is closed. */
  readonly released?: () => void
}

async function assemble(parts: Parts): Promise<Database> {
  const { orm, invalidationLog, primary, migrate, options } = parts
  const instrumented = (plain: Connections) => options.instrument?.(plain) ?? plain
  const connections = instrumented(parts.connections)
  const writes = parts.writes === undefined ? connections : instrumented(parts.writes)
  const close = async () => {
    await invalidationLog.close()
    await connections.close()
    if (writes !== connections) await writes.close()
    await orm.close(true)
    parts.released?.()
  }
  try {
    const version = await serverVersion(connections)
    return {
      transactions: new PostgresTransactions({ writes, reads: connections }, orm.em, options.observe),
      snapshots: new PostgresSnapshots(connections, options.loadTimeoutMs, options.observe),
      invalidationLog,
      describe: `${parts.kind} ${version} ${parts.place}`,
      identity: async () => {
        const identity = await databaseIdentity(connections)
        primary.expect(identity)
        return identity
      },
      replaced: primary.replaced,
      ping: () => ping(connections),
      sweepAnswers: (keptMs) => sweepAnswers(writes, keptMs),
      migrate,
      pendingMigrations: parts.pending,
      close,
    }
  } catch (error) {
    await close()
    throw atStart(error, parts.place)
  }
}

/** What keeps an instance from starting, with where it looked: the catalogue's error, should PostgreSQL be to blame. */
function atStart(error: unknown, place: string): unknown {
  if (failureCause(error) === undefined) return translate(error)
  const cause = new Error(`${place}: ${deepest(error)}`, { cause: error })
  return new Unavailable('database-unavailable', { cause })
}

/** An address that refuses on IPv4 and IPv6 gives an AggregateError, whose own message is empty. */
function deepest(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(deepest).join(', ')
  if (!(error instanceof Error)) return messageOf(error)
  return error.cause === undefined ? error.message : deepest(error.cause)
}

async function serverVersion(connections: Connections): Promise<string> {
  const { rows } = await connections.run((connection) => connection.query('show server_version'))
  return String(rows[0]?.server_version).split(' ')[0]!
}

const SWEEP_ANSWERS = `
  delete from idempotency_keys where created_at < now() - $1::float8 * interval '1 millisecond'`

const SWEEP_LINKS = 'delete from password_resets where expires_at < now()'

async function sweepAnswers(connections: Connections, keptMs: number): Promise<void> {
  await connections.run(async (connection) => {
    await connection.query(SWEEP_ANSWERS, [keptMs])
    await connection.query(SWEEP_LINKS)
  })
}

async function ping(connections: Connections): Promise<void> {
  try {
    await within(
      PING_TIMEOUT_MS,
      connections.run(async (connection) => refuseStandby(await connection.query(ON_STANDBY))),
    )
  } catch (error) {
    throw translate(error)
  }
}
