import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import { query } from './same-primary.ts'
import { SessionNotOwn } from './shared-sessions.ts'

/** How this instance uses its cache, and whether it relies on being the only one. */
export interface Regime {
  readonly name: string
  readonly exclusive: boolean
}

/** Another live instance on this database runs under settings that this one's do not fit. */
export class RegimeConflict extends Error {
  override readonly name = 'RegimeConflict'

  constructor({ name, exclusive }: Regime) {
    super(
      exclusive
        ? 'SINGLE_INSTANCE=true, but another instance of Marketflow uses this database. Stop that one first, or set SINGLE_INSTANCE=false on both.'
        : `Another instance of Marketflow uses this database with other cache settings (here: ${name}), or demands with SINGLE_INSTANCE=true to be alone. Give all of them the same CACHE, LEASE_MS and REDIS_PREFIX, the same database of the same Redis, and SINGLE_INSTANCE=false, or stop the others first.`,
    )
  }
}

/** The first of the two numbers of our advisory locks: `mflw`. The second tells regimes apart. */
const NAMESPACE = 0x6d666c77

const LOCKS = `pg_locks
  where locktype = 'advisory' and objsubid = 2 and granted and classid = ${NAMESPACE}
    and database = (select oid from pg_database where datname = current_database())`

const OTHERS = `
  select bool_or(objid <> $1::int::oid or mode = 'ExclusiveLock') as unfit, count(*)::int as others
  from ${LOCKS} and pid <> pg_backend_pid()`

const ALREADY = `select exists (select from ${LOCKS} and pid = pg_backend_pid()) as already`

/** An expression in SQL: whether the session that it runs on holds the regime's lock. */
export function holdsLock(regime: Regime): string {
  return `exists (select from ${LOCKS} and pid = pg_backend_pid() and objid = ${numberOf(regime)})`
}

function numberOf({ name }: Regime): number {
  return createHash('sha256').update(name).digest().readUInt32BE() >>> 1
}

/**
 * Takes the regime's advisory lock for this session, then looks who else holds one: of two that come at the same
 * moment, at least one sees the other. PostgreSQL frees the lock when the session ends, however the process did;
 * keepalives end it within seconds when the machine is gone.
 * @throws RegimeConflict when an instance is alive that does not fit
 * @throws SessionNotOwn when the session, which should be new, has such a lock already
 */
export async function claimRegime(client: Client, regime: Regime): Promise<void> {
  const number = numberOf(regime)
  const lock = regime.exclusive ? 'pg_try_advisory_lock' : 'pg_try_advisory_lock_shared'
  const keepalives = ['idle = 5', 'interval = 2', 'count = 3'].map((each) => `set tcp_keepalives_${each}`)
  const [session] = (await query(client, [...keepalives, ALREADY])).slice(-1)
  if (session?.rows[0]?.already !== false) throw new SessionNotOwn()
  const { rows: locks } = await client.query(`select ${lock}($1, $2) as locked`, [NAMESPACE, number])
  const { rows: holders } = await client.query(OTHERS, [number])
  const conflict = !locks[0].locked || holders[0].unfit || (regime.exclusive && holders[0].others > 0)
  if (conflict) throw new RegimeConflict(regime)
}
