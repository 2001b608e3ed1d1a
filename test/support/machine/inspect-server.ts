import { Client } from 'pg'

export type Inspected =
  | { readonly usable: true; readonly version: string }
  | { readonly usable: false; readonly why: string }

/** Whether a PostgreSQL answers there, and lets the tests make their databases. */
export async function inspectServer(url: string): Promise<Inspected> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string; may_create: boolean }>(
      `select current_setting('server_version') as version, rolsuper or rolcreatedb as may_create
         from pg_roles where rolname = current_user`,
    )
    const row = rows[0]!
    // Debian adds the package's own version: `15.20 (Debian 15.20-0+deb12u1)`.
    if (row.may_create) return { usable: true, version: row.version.split(' ')[0]! }
    return { usable: false, why: 'its user may not create databases' }
  } catch (error) {
    return { usable: false, why: describe(error) }
  } finally {
    await client.end().catch(() => {})
  }
}

/** An address that refuses on IPv4 and IPv6 gives an AggregateError, whose own message is empty. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join(', ')
  return error instanceof Error ? error.message : String(error)
}
