import { InvalidationLog, type LoggedInvalidation } from '../../application/ports/invalidation-log.ts'
import type { Row } from './connections.ts'

const rowsOf = (condition: string) =>
  `coalesce((select json_agg(json_build_object('id', id::text, 'tags', tags, 'applied', applied_at is not null) order by id)
    from cache_invalidation ${condition}), '[]'::json)::text as rows`

/** The kept rows of a busy hour are hundreds of thousands. */
const PATIENCE_FOR_ALL = 20

const PENDING = `select ${rowsOf('where applied_at is null')}`

/** One statement, and so one snapshot: rows that a sweep took away are gone exactly if the counter says so. */
const KEPT = `select ${rowsOf('')}, (select sweeps::text from cache_sweep) as sweeps`

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
   * @throws MarketflowError `database-unavailable` unless PostgreSQL answers in time
   */
  protected abstract query(sql: string, parameters: readonly unknown[], patience?: number): Promise<Row[]>

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

  async kept(): Promise<{ readonly rows: readonly LoggedInvalidation[]; readonly sweeps: string }> {
    const [answer] = await this.query(KEPT, [], PATIENCE_FOR_ALL)
    return { rows: JSON.parse(String(answer?.rows)), sweeps: String(answer?.sweeps) }
  }

  async markApplied(ids: readonly string[]): Promise<void> {
    await this.query(MARK, [ids])
  }

  async sweep(keptMs: number): Promise<number> {
    const [answer] = await this.query(SWEEP, [keptMs], PATIENCE_FOR_ALL)
    return Number(answer?.swept)
  }
}
