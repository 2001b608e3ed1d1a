import { PGlite } from '@electric-sql/pglite'
import type { Filesystem } from '@electric-sql/pglite/basefs'
import type { MikroORM, Options } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { MikroORM as EmbeddedOrm } from '@mikro-orm/pglite'
import { MikroORM as PostgresOrm } from '@mikro-orm/postgresql'
import { Client } from 'pg'
import { DirectoryListings } from './directory-listings.ts'
import { ENTITIES } from './entities.ts'
import { ListedDays } from './listed-days.ts'
import { MarketDays } from './market-days.ts'
import { MarketPlaces } from './market-places.ts'
import {
  ActiveMarketCounts,
  CacheHolders,
  DatabaseIdentity,
  IdempotencyKeys,
  InitialSchema,
  LogInPieces,
  LogTransactions,
  PasswordResets,
  RemovalReasons,
  SessionEpoch,
} from './migrations.ts'
import { SearchCells, SearchProducts, SearchWords } from './search-words.ts'
import { WritesByHand, WritesByHandAnew } from './writes-by-hand.ts'

/** Applied in this order, each once, under these names. Listed, so that nothing depends on what lies on the disk. */
const MIGRATIONS = [
  { name: '0001-initial-schema', class: InitialSchema },
  { name: '0002-session-epoch', class: SessionEpoch },
  { name: '0003-active-market-counts', class: ActiveMarketCounts },
  { name: '0004-database-identity', class: DatabaseIdentity },
  { name: '0005-log-transactions', class: LogTransactions },
  { name: '0006-log-in-pieces', class: LogInPieces },
  { name: '0007-cache-holders', class: CacheHolders },
  { name: '0008-writes-by-hand', class: WritesByHand },
  { name: '0009-removal-reasons', class: RemovalReasons },
  { name: '0010-applications-by-hand', class: WritesByHandAnew },
  { name: '0011-market-places', class: MarketPlaces },
  { name: '0012-idempotency-keys', class: IdempotencyKeys },
  { name: '0013-directory-listings', class: DirectoryListings },
  { name: '0014-market-days', class: MarketDays },
  { name: '0015-search-words', class: SearchWords },
  { name: '0016-listed-days', class: ListedDays },
  { name: '0017-search-cells', class: SearchCells },
  { name: '0018-password-resets', class: PasswordResets },
  { name: '0019-search-products', class: SearchProducts },
]

const options = {
  entities: ENTITIES,
  extensions: [Migrator],
  migrations: { migrationsList: MIGRATIONS, snapshot: false, silent: true },
  metadataCache: { enabled: false },
  // Every entity manager is forked for one transaction; the global one must never hold an entity.
  allowGlobalContext: false,
} satisfies Partial<Options>

/**
 * MikroORM on PostgreSQL. Its own pool is used to migrate and for nothing else: migrations may take longer than any
 * deadline, and hold one session from lock to unlock. It has no connection until then.
 */
export function postgresOrm(url: string, connectTimeoutMs: number): MikroORM {
  const { host, port, user = '', database = '' } = new Client({ connectionString: url })
  const driverOptions = { connectionString: url, connectionTimeoutMillis: connectTimeoutMs }
  const orm = new PostgresOrm({
    ...options,
    host,
    port,
    user,
    dbName: database,
    driverOptions,
    pool: { min: 0, max: 1 },
  })
  return orm as unknown as MikroORM
}

/** MikroORM on PGlite, in these files or in memory alone. */
export function embeddedOrm(files: Filesystem | undefined): InstanceType<typeof EmbeddedOrm> {
  return new EmbeddedOrm({
    ...options,
    dbName: 'memory://',
    ...(files && { driverOptions: { fs: files, startParams: DURABLE } }),
  })
}

/**
 * PGlite switches `fsync` off; here an answered write survives a power failure. Of the ways to do it Emscripten passes
 * on only `fsync`: it answers `fdatasync` without doing anything.
 */
const DURABLE = [...PGlite.defaultStartParams, '-c', 'fsync=on', '-c', 'wal_sync_method=fsync']

/** Held while migrating, so that instances which start together do it one after the other: `mflw`. */
export const MIGRATION_LOCK = 0x6d666c77

/**
 * The lock belongs to the session; the pool has one connection, so it is the session that migrates. Should that fail,
 * the lock ends with the session when the database is closed.
 */
export async function migrateLocked(orm: MikroORM): Promise<void> {
  const session = orm.em.getConnection()
  await session.execute(`select pg_advisory_lock(${MIGRATION_LOCK})`)
  await migrateAlone(orm)
  await session.execute(`select pg_advisory_unlock(${MIGRATION_LOCK})`)
}

/** The names of the migrations that the database still lacks. Those that it has beyond ours are a later release's. */
export async function pendingMigrations(orm: MikroORM): Promise<string[]> {
  return (await orm.migrator.getPending()).map(({ name }) => name)
}

/** For a database that no other process can be migrating. */
export async function migrateAlone(orm: MikroORM): Promise<void> {
  await orm.migrator.up()
}
