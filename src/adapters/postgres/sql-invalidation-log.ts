import {
  InvalidationLog,
  type KeptRows,
  type LoggedInvalidation,
  type LogPosition,
} from '../../application/consistency/ports/invalidation-log.ts'
import type { Row } from './connections.ts'

const rowsOf = (condition: string) =>
  `coalesce((select json_agg(json_build_object('id', id::text, 'tags', tags, 'applied', applied_at is not null) order by id)
    from cache_invalidation ${condition}), '[]'::json)::text as rows`

/** The kept rows of a busy hour are hundreds of thousands. */
const PATIENCE_FOR_ALL = 20

const PENDING = `select ${rowsOf('where applied_at is null')}`

/**
 * One statement, and so one snapshot: rows that a sweep took away are gone exactly if the counter says so, and the
 * snapshot that is told sees the rows that are selected, and no others.
 */
const keptWhere = (condition: string) => `
  select ${rowsOf(condition)}, (select sweeps::text from cache_sweep) as sweeps, pg_current_snapshot()::text as snapshot`

const KEPT = keptWhere('')

/**
 * Just what a snapshot does not see: transactions that had no number yet, and those that had one and were under way.
 * (`not pg_visible_in_snapshot(xid, $1)` says the same, but no index can answer it.)
 */
const KEPT_SINCE = keptWhere(`
  where xid >= pg_snapshot_xmax($1::pg_snapshot) or xid = any(array(select pg_snapshot_xip($1::pg_snapshot)))`)

/**
 * Transactions' numbers tell them apart only while the server runs: after a crash it gives out again those that left
 * no trace, as does a server that took its place. Either ends every connection; so a snapshot counts on its own alone.
 */
class Position {
  readonly connection: object
  readonly snapshot: string

  constructor(connection: object, snapshot: string) {
    this.connection = connection
    this.snapshot = snapshot
  }
}

/** Instances mark the same rows at the same time; locked in one order, they cannot deadlock. */
const MARK = `
  with marked as (
    select id from cache_invalidation where id = any($1::bigint[]) and applied_at is null order by id for update
  )
  update cache_invalidation set applied_at = now() from marked where cache_invalidation.id = marked.id`

/** Counted from the mark. Rows that another instance is sweeping at this moment are left to it. */
const SWEEP = `
  with old as (
    select id from cache_invalidation
    where applied_at < now() - $1::float8 * interval '1 millisecond'
    for update skip locked
  ), gone as (
    delete from cache_invalidation using old where cache_invalidation.id = old.id returning 1
  ), counted as (
    update cache_sweep set sweeps = sweeps + 1 where exists (select from gone)
  )
  select count(*)::int as swept from gone`

/** The log's SQL; its heirs say over which connection it goes. */
export abstract class SqlInvalidationLog extends InvalidationLog {
  /**
   * `patience`: how many times the usual deadline this may take.
   * @throws Unavailable `database-unavailable` unless PostgreSQL answers in time
   */
  protected abstract query(sql: string, parameters: readonly unknown[], patience?: number): Promise<Row[]>

  /** What a query goes over that is sent in this tick: another object as soon as it is another connection. */
  protected abstract connection(): object

  /**
   * Says under which settings this instance uses its cache, from now on and for as long as it lives. Instances that
   * disagree on the lease's length, or on whether their cache is shared, break each other's promises silently.
   * @param regime equal exactly where instances fit together, such as `shared/1000`
   * @param exclusive this instance relies on being the only one
   * @throws RegimeConflict now or from any later method, while an instance is alive that does not fit
   */
  abstract claim(regime: string, exclusive: boolean): Promise<void>

  async pending(): Promise<readonly LoggedInvalidation[]> {
    const [answer] = await this.query(PENDING, [])
    return JSON.parse(String(answer?.rows))
  }

  async kept(since?: LogPosition): Promise<KeptRows> {
    const connection = this.connection()
    const [answer] =
      since instanceof Position && since.connection === connection
        ? await this.query(KEPT_SINCE, [since.snapshot])
        : await this.query(KEPT, [], PATIENCE_FOR_ALL)
    const position = new Position(connection, String(answer?.snapshot))
    return { rows: JSON.parse(String(answer?.rows)), sweeps: String(answer?.sweeps), position }
  }

  async markApplied(ids: readonly string[]): Promise<void> {
    await this.query(MARK, [ids])
  }

  async sweep(keptMs: number): Promise<number> {
    const [answer] = await this.query(SWEEP, [keptMs], PATIENCE_FOR_ALL)
    return Number(answer?.swept)
  }
}
