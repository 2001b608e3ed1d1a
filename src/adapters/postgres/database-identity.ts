import type { Connections } from './connections.ts'

/**
 * Equal for all who talk to one database, and for no others: not on its copy in another server (the cluster's
 * identifier), nor in the same one (the oid), nor for two embedded databases (the random id).
 */
export const IDENTITY = `
  select left(encode(sha256(convert_to(concat_ws('/',
    (select system_identifier from pg_control_system()),
    (select oid from pg_database where datname = current_database()),
    (select database_id from cache_sweep)
  ), 'UTF8')), 'hex'), 12) as identity`

/** Twelve hexadecimal digits. The schema must be up to date. */
export async function databaseIdentity(connections: Connections): Promise<string> {
  const { rows } = await connections.run((connection) => connection.query(IDENTITY))
  return String(rows[0]?.identity)
}
