import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import { query } from './same-primary.ts'
import { SessionNotOwn } from './shared-sessions.ts'

/** Another live instance on this database runs under settings that this one's do not fit. */
export class SettingsConflict extends Error {
  override readonly name = 'SettingsConflict'

  constructor(settings: string) {
    super(
      `Another instance of Marketflow uses this database with other cache settings (here: ${settings}), or is of a release that knew no list of holders. Give all of them the same CACHE, LEASE_MS and REDIS_PREFIX, and the same database of the same Redis, or stop the others first.`,
    )
  }
}

/** The first of the two numbers of an advisory lock: `mflw`, and the second stands for the settings; `mflx`, and it is a holder. */
const NAMESPACE = 0x6d666c77
export const HOLDER_LOCKS = NAMESPACE + 1

const locks = (namespace: number) => `pg_locks
  where locktype = 'advisory' and objsubid = 2 and granted and classid = ${namespace}
    and database = (select oid from pg_database where datname = current_database())`

/** A query in SQL: the ids of the holders whose lock is held. */
export const HELD = `select objid::int from ${locks(HOLDER_LOCKS)}`

const LOCKS = locks(NAMESPACE)

const OTHERS = `
  select coalesce(bool_or(objid <> $1::int::oid), false) as unfit from ${LOCKS} and pid <> pg_backend_pid()`

const ALREADY = `select exists (select from ${LOCKS} and pid = pg_backend_pid()) as already`

/** An expression in SQL: whether the session that it runs on holds the lock of these settings. */
export function holdsLock(settings: string): string {
  return `exists (select from ${LOCKS} and pid = pg_backend_pid() and objid = ${numberOf(settings)})`
}

function numberOf(settings: string): number {
  return createHash('sha256').update(settings).digest().readUInt32BE() >>> 1
}

/**
 * Takes the advisory lock of these settings for this session, then looks who else holds one: of two that come at the same
 * moment, at least one sees the other. PostgreSQL frees the lock when the session ends, however the process did;
 * keepalives end it within seconds when the machine is gone.
 * @throws SettingsConflict when an instance is alive that does not fit
 * @throws SessionNotOwn when the session, which should be new, has such a lock already
 */
export async function claimSettings(client: Client, settings: string): Promise<void> {
  const number = numberOf(settings)
  const keepalives = ['idle = 5', 'interval = 2', 'count = 3'].map((each) => `set tcp_keepalives_${each}`)
  const [session] = (await query(client, [...keepalives, ALREADY])).slice(-1)
  if (session?.rows[0]?.already !== false) throw new SessionNotOwn()
  const { rows: taken } = await client.query('select pg_try_advisory_lock_shared($1, $2) as locked', [
    NAMESPACE,
    number,
  ])
  const { rows: others } = await client.query(OTHERS, [number])
  if (!taken[0].locked || others[0].unfit) throw new SettingsConflict(settings)
}
