import { PGlite } from '@electric-sql/pglite'
import type { Filesystem } from '@electric-sql/pglite/basefs'
import type { MikroORM, Options } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import { MikroORM as EmbeddedOrm } from '@mikro-orm/pglite'
import { MikroORM as PostgresOrm } from '@mikro-orm/postgresql'
import { Client } from 'pg'
import { ENTITIES } from './entities.ts'
import { MIGRATIONS } from './migrations.ts'

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
