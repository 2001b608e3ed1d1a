/** The core on PostgreSQL, in one call, and its parts. They need pg. */
export { Connections } from '../src/adapters/postgres/connections.ts'
export { prepareLog } from '../src/adapters/postgres/log-schema.ts'
export { connectedBy, PoolConnections, type PoolOptions } from '../src/adapters/postgres/pool-connections.ts'
export { PostgresInvalidationLog } from '../src/adapters/postgres/postgres-invalidation-log.ts'
export { databaseIdentity, SamePrimary } from '../src/adapters/postgres/same-primary.ts'
export { SettingsConflict } from '../src/adapters/postgres/settings-lock.ts'
export { SessionNotOwn } from '../src/adapters/postgres/shared-sessions.ts'
export {
  type Sql,
  SqlSnapshots,
  type SqlTransaction,
  SqlTransactions,
} from '../src/adapters/postgres/sql-database.ts'
export {
  type CacheEvents,
  type CacheOptions,
  type Ingredients,
  type OpenCache,
  openCache,
} from './open-cache.ts'
