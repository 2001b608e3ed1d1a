import { createHash } from 'node:crypto'
import type { Client } from 'pg'

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

const OTHERS = `
  select bool_or(objid <> $2::int::oid or mode = 'ExclusiveLock') as unfit, count(*)::int as others
  from pg_locks
  where locktype = 'advisory' and objsubid = 2 and granted and classid = $1::int::oid and pid <> pg_backend_pid()
    and database = (select oid from pg_database where datname = current_database())`

/**
 * Takes the regime's advisory lock for this session, then looks who else holds one: of two that come at the same
 * moment, at least one sees the other. PostgreSQL frees the lock when the session ends, however the process did;
 * keepalives end it within seconds when the machine is gone.
 * @throws RegimeConflict when an instance is alive that does not fit
 */
export async function claimRegime(client: Client, regime: Regime): Promise<void> {
  const hash = createHash('sha256').update(regime.name).digest().readUInt32BE() >>> 1
  const lock = regime.exclusive ? 'pg_try_advisory_lock' : 'pg_try_advisory_lock_shared'
  await client.query(
    'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3',
  )
  const { rows: locks } = await client.query(`select ${lock}($1, $2) as locked`, [NAMESPACE, hash])
  const { rows: holders } = await client.query(OTHERS, [NAMESPACE, hash])
  const conflict = !locks[0].locked || holders[0].unfit || (regime.exclusive && holders[0].others > 0)
  if (conflict) throw new RegimeConflict(regime)
}
