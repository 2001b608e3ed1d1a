import { join } from 'node:path'
import type { MikroORM } from '@mikro-orm/core'
import { Client } from 'pg'
import type { Transactions } from '../../application/ports/transactions.ts'
import type { Snapshots } from '../../application/ports/view-queries.ts'
import type { Connections } from './connections.ts'
import { lockDataDir } from './data-dir.ts'
import { databaseIdentity } from './database-identity.ts'
import { within } from './deadline.ts'
import { embeddedOrm, migrateAlone, migrateLocked, pendingMigrations, postgresOrm } from './orm.ts'
import { PgliteConnections } from './pglite-connections.ts'
import { PgliteInvalidationLog } from './pglite-invalidation-log.ts'
import { PoolConnections } from './pool-connections.ts'
import { PostgresInvalidationLog } from './postgres-invalidation-log.ts'
import { PostgresSnapshots } from './postgres-snapshots.ts'
import { PostgresTransactions } from './postgres-transactions.ts'
import { translate } from './sql-errors.ts'
import type { SqlInvalidationLog } from './sql-invalidation-log.ts'

/** A PostgreSQL server, or a database embedded in this process: in a directory, or in `memory` alone. */
export type DatabaseLocation = { readonly url: string } | { readonly dataDir: string }

export interface DatabaseOptions {
  /** Connections in the pool; the invalidation log has one more. */
  readonly poolSize: number
  /** How long a caller waits for a connection, in ms. */
  readonly connectTimeoutMs: number
  /** The longest a load may take, and the longest any statement may, in ms. */
  readonly loadTimeoutMs: number
  /** The longest a call of the invalidation log may take, in ms: well below the lease. */
  readonly logTimeoutMs: number
  /** Puts something around the connections, to watch what goes over them. */
  readonly instrument?: (connections: Connections) => Connections
}

const DEFAULTS: DatabaseOptions = {
  poolSize: 10,
  connectTimeoutMs: 5_000,
  loadTimeoutMs: 10_000,
  logTimeoutMs: 1_000,
}

const PING_TIMEOUT_MS = 1_000

export interface Database {
  readonly transactions: Transactions
  readonly snapshots: Snapshots
  readonly invalidationLog: SqlInvalidationLog
  /** For people: `PostgreSQL 17.2 at db.example.org:5432/marketflow`, `PGlite 18.1 in .marketflow`. No password. */
  readonly describe: string
  /** Tells this database from every other, and from every copy of it. Once the schema is up to date. */
  identity(): Promise<string>
  /** @throws Unavailable `database-unavailable` unless the database answers within a second */
  ping(): Promise<void>
  /** Brings the schema up to date; others who start at the same time wait and find it done. */
  migrate(): Promise<void>
  /** What `migrate` would do, by name. */
  pendingMigrations(): Promise<string[]>
  close(): Promise<void>
}

/**
 * @throws Unavailable `database-unavailable` when it cannot be reached; `cause` says why
 * @throws DataDirInUse when another process has the embedded database
 */
export async function openDatabase(
  location: DatabaseLocation,
  options: Partial<DatabaseOptions> = {},
): Promise<Database> {
  const all = { ...DEFAULTS, ...options }
  return 'url' in location ? openPostgres(location.url, all) : openEmbedded(location.dataDir, all)
}

async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
  const { host, port, database } = new Client({ connectionString: url })
  const connections = new PoolConnections({
    url,
    size: options.poolSize,
    connectTimeoutMs: options.connectTimeoutMs,
    statementTimeoutMs: options.loadTimeoutMs,
  })
  const orm = postgresOrm(url, options.connectTimeoutMs)
  const invalidationLog = new PostgresInvalidationLog(url, options.logTimeoutMs)
  const migrate = () => migrateLocked(orm)
  const pending = () => pendingMigrations(orm)
  const place = `at ${host}:${port}/${database}`
  return assemble({ kind: 'PostgreSQL', place, connections, orm, invalidationLog, migrate, pending, options })
}

async function openEmbedded(dataDir: string, options: DatabaseOptions): Promise<Database> {
  const inMemory = dataDir === 'memory'
  const lock = inMemory ? undefined : lockDataDir(dataDir)
  // A directory of its own below: PGlite refuses to make a database where other files lie.
  const embedded = embeddedOrm(inMemory ? 'memory://' : join(dataDir, 'database'))
  const connections = new PgliteConnections(await embedded.em.getConnection().getNativeClient())
  const invalidationLog = new PgliteInvalidationLog(connections, options.logTimeoutMs)
  const orm = embedded as unknown as MikroORM
  // MikroORM talks to PGlite past our reservation, so no other caller may have it meanwhile.
  const migrate = () => connections.run(() => migrateAlone(orm))
  const pending = () => connections.run(() => pendingMigrations(orm))
  const place = inMemory ? 'in memory' : `in ${dataDir}`
  const released = () => lock?.release()
  return assemble({
    kind: 'PGlite',
    place,
    connections,
    orm,
    invalidationLog,
    migrate,
    pending,
    options,
    released,
  })
}

interface Parts {
  readonly kind: string
  readonly place: string
  readonly connections: Connections
  readonly orm: MikroORM
  readonly invalidationLog: SqlInvalidationLog
  readonly migrate: () => Promise<void>
  readonly pending: () => Promise<string[]>
  readonly options: DatabaseOptions
  /** Called when all is closed. */
  readonly released?: () => void
}

async function assemble(parts: Parts): Promise<Database> {
  const { orm, invalidationLog, migrate, options } = parts
  const connections = options.instrument?.(parts.connections) ?? parts.connections
  const close = async () => {
    await invalidationLog.close()
    await connections.close()
    await orm.close(true)
    parts.released?.()
  }
  try {
    const version = await serverVersion(connections)
    return {
      transactions: new PostgresTransactions(connections, orm.em),
      snapshots: new PostgresSnapshots(connections, options.loadTimeoutMs),
      invalidationLog,
      describe: `${parts.kind} ${version} ${parts.place}`,
      identity: () => databaseIdentity(connections),
      ping: () => ping(connections),
      migrate,
      pendingMigrations: parts.pending,
      close,
    }
  } catch (error) {
    await close()
    throw translate(error)
  }
}

async function serverVersion(connections: Connections): Promise<string> {
  const { rows } = await connections.run((connection) => connection.query('show server_version'))
  return String(rows[0]?.server_version).split(' ')[0]!
}

async function ping(connections: Connections): Promise<void> {
  try {
    await within(
      PING_TIMEOUT_MS,
      connections.run((connection) => connection.query('select 1')),
    )
  } catch (error) {
    throw translate(error)
  }
}
