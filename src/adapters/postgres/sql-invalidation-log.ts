import {
  type Backlog,
  type Holder,
  InvalidationLog,
  type LogCursor,
  LogOverdue,
  type LogPiece,
  type LogPosition,
} from '../../application/consistency/ports/invalidation-log.ts'
import type { Row } from './connections.ts'
import { HELD, HOLDER_LOCKS } from './settings-lock.ts'

/** The most rows of a piece. Those that are pending will be marked, which takes longer than to read them. */
const MOST_ROWS = { pending: 1000, kept: 4000 } as const
/** A piece that PostgreSQL did not give in time is asked for again at half the size, down to this many rows. */
const FEWEST_ROWS = 50
/** The most bytes of a piece's tags, as they are stored, for each of its rows; a larger row is a piece by itself. */
const BYTES_PER_ROW = 256

/** The numbers of transactions whose rows are looked at: all, or those that the snapshot $4 does not see. */
const ALL = `select '0'::xid8, '${2n ** 64n - 1n}'::xid8`
/**
 * Just what a snapshot does not see: transactions that had one and were under way, and those that had no number yet.
 * (`not pg_visible_in_snapshot(xid, $4)` says the same, but no index can answer it.)
 */
const UNSEEN = `
  select x, x from pg_snapshot_xip($4::pg_snapshot) x
  union all select pg_snapshot_xmax($4::pg_snapshot), '${2n ** 64n - 1n}'::xid8`

/**
 * Whether a row of a transaction that $4 does not see has ever been deleted. One that was under way then and still is has
 * had no row to delete, however old it is. A number that was not given out yet came with a restored dump.
 */
const MISSED = `swept < pg_snapshot_xmax(pg_current_snapshot()) and (
  swept >= pg_snapshot_xmax($4::pg_snapshot) or exists (
    select from pg_snapshot_xip($4::pg_snapshot) x
    where x <= swept and pg_visible_in_snapshot(x, pg_current_snapshot())))`

/** The list of holders, as JSON. */
const HOLDERS = `
  (select coalesce(json_agg(json_build_object(
    'id', id::text, 'retired', retired, 'connected', id = any(array(${HELD}))
  )), '[]')::text from cache_holder)`

/** The lock is taken before the row can be seen, so a row without it is of a connection that has ended. */
const REGISTER = `
  with before as (delete from cache_holder where id = $1::int),
    registered as (insert into cache_holder default values returning id)
  select id::text, pg_try_advisory_lock(${HOLDER_LOCKS}, id) from registered`

/**
 * A piece of at most $3 rows of the log after ($1, $2), in the order of transactions. One statement, and so one snapshot: rows that were
 * deleted are gone exactly if it says so, and the snapshot that is told sees the rows that are selected, and no others.
 * A tag that many rows name travels once.
 */
const pieceOf = (numbers: string, condition: string, missed: string) => `
  select looked.* from (with numbers (low, high) as (${numbers}), ranges (first_xid, after_id, high) as (
    select greatest(low, $1::xid8), case when low <= $1::xid8 then $2::bigint else 0 end, high from numbers
  ), found as materialized (
    select r.* from ranges, lateral (
      select xid, id, tags, applied_at, pg_column_size(tags) as size from cache_invalidation
      where (xid, id) > (first_xid, after_id) and xid <= high ${condition}
      order by xid, id limit $3::int + 1
    ) r order by xid, id limit $3::int + 1
  ), counted as (
    select *, row_number() over rows as n, sum(size) over rows as bytes from found window rows as (order by xid, id)
  ), piece as materialized (
    select * from counted where n = 1 or (n <= $3::int and bytes <= $3::int * ${BYTES_PER_ROW})
  ), last as (select xid, id from piece order by n desc limit 1)
  select
    array_to_json(array(select distinct unnest(tags) collate "C" from piece))::text as tags,
    array_to_json(array(select id::text from piece where applied_at is null order by n))::text as pending,
    (select count(*) from piece) < (select count(*) from found) as more,
    (select xid::text from last) as xid, (select id::text from last) as id, ${HOLDERS} as holders,
    sweeps::text, ${missed} as missed, pg_current_snapshot()::text as snapshot
  from cache_sweep) looked`

const NOT_MARKED = 'and applied_at is null'
const PIECES = {
  pending: { all: pieceOf(ALL, NOT_MARKED, 'false'), unseen: pieceOf(UNSEEN, NOT_MARKED, 'false') },
  kept: { all: pieceOf(ALL, '', 'false'), unseen: pieceOf(UNSEEN, '', MISSED) },
} as const

/**
 * Transactions' numbers tell them apart only while the server runs: after a crash it gives out again those that left
 * no trace, as does a server that took its place. Either ends every connection; so a snapshot counts on its own alone.
 */
export class Position implements LogPosition {
  readonly connection: object
  /** `xmin:xmax:xip,…` */
  readonly snapshot: string
  /** How often rows had been swept by then. */
  readonly sweeps: string

  constructor(connection: object, snapshot: string, sweeps: string) {
    this.connection = connection
    this.snapshot = snapshot
    this.sweeps = sweeps
  }

  sees(transaction: string): boolean {
    const [, next = '', underWay = ''] = this.snapshot.split(':')
    return BigInt(transaction) < BigInt(next) && !underWay.split(',').includes(transaction)
  }
}

/** The last row of a piece. A row's transaction and id stay what they are, whatever becomes of server and connection. */
class Cursor {
  readonly xid: string
  readonly id: string

  constructor(xid: string, id: string) {
    this.xid = xid
    this.id = id
  }
}

const BEGINNING = new Cursor('0', '0')

/** Of a statement after which no caller waits for the disk. What a crash of PostgreSQL then loses must be made up for. */
export const RELAXED = `set_config('synchronous_commit', 'off', true)`

/**
 * Instances mark the same rows at the same time; locked in one order, they cannot deadlock. A mark that is lost leaves a
 * row pending, whose tags are deleted once more.
 */
const MARK = `
  with relaxed as (select ${RELAXED}), marked as (
    select id from cache_invalidation where id = any($1::bigint[]) and applied_at is null order by id for update
  )
  update cache_invalidation set applied_at = now() from marked, relaxed where cache_invalidation.id = marked.id`

const BACKLOG = `
  select
    array_to_json(array(select distinct xid::text from cache_invalidation where xid = any($1::xid8[]) and applied_at is null))::text
      as awaited,
    (select count(*)::int from (select from cache_invalidation where applied_at is null limit 10000) pending) as rows,
    (select greatest(0, extract(epoch from clock_timestamp() - created_at) * 1000)::float8
      from cache_invalidation where applied_at is null order by xid, id limit 1) as oldest,
    ${HOLDERS} as holders`

/**
 * Counted from the mark. Rows that another instance is sweeping at this moment are left to it. The count of sweeps is for
 * positions of another connection; which rows are gone, a trigger notes.
 */
const SWEEP = `
  with old as (
    select id from cache_invalidation
    where applied_at < now() - $1::float8 * interval '1 millisecond'
    order by applied_at limit ${MOST_ROWS.pending}
    for update skip locked
  ), gone as (
    delete from cache_invalidation using old where cache_invalidation.id = old.id returning 1
  ), counted as (
    update cache_sweep set sweeps = sweeps + 1 where exists (select from gone)
  )
  select count(*)::int as swept from gone`

/** The log's SQL; its heirs say over which connection it goes. */
export abstract class SqlInvalidationLog extends InvalidationLog {
  /** How many rows the next piece may have. */
  #rows: number = MOST_ROWS.kept

  /** @throws Unavailable `database-unavailable` unless PostgreSQL answers in time; LogOverdue if it answers at all */
  protected abstract query(sql: string, parameters: readonly unknown[]): Promise<Row[]>

  /** What a query goes over that is sent in this tick: another object as soon as it is another connection. */
  protected abstract connection(): object

  /**
   * Says under which settings this instance uses its cache, from now on and for as long as it lives. Instances that
   * disagree on the lease's length, or on whether their cache is shared, break each other's promises silently.
   * @param settings equal exactly where instances fit together, such as `shared/1000`
   * @throws SettingsConflict now or from any later method, while an instance is alive that does not fit
   */
  abstract claim(settings: string): Promise<void>

  async pending(since?: LogPosition, after?: LogCursor): Promise<LogPiece> {
    return this.#piece('pending', since, after)
  }

  async kept(since?: LogPosition, after?: LogCursor): Promise<LogPiece> {
    return this.#piece('kept', since, after)
  }

  async #piece(
    rows: keyof typeof PIECES,
    since: LogPosition | undefined,
    after: LogCursor = BEGINNING,
  ): Promise<LogPiece> {
    const connection = this.connection()
    const { xid, id } = after as Cursor
    const [answer = {}] = await this.#sized(MOST_ROWS[rows], (most) =>
      since instanceof Position && since.connection === connection
        ? this.query(PIECES[rows].unseen, [xid, id, most, since.snapshot])
        : this.query(PIECES[rows].all, [xid, id, most]),
    )
    const sweeps = String(answer.sweeps)
    const otherConnection = since instanceof Position && since.connection !== connection
    return {
      tags: JSON.parse(String(answer.tags)),
      pending: JSON.parse(String(answer.pending)),
      next: answer.more === true ? new Cursor(String(answer.xid), String(answer.id)) : undefined,
      position: new Position(connection, String(answer.snapshot), sweeps),
      holders: holdersIn(answer),
      missed: answer.missed === true || (otherConnection && since.sweeps !== sweeps),
    }
  }

  /** The size of pieces follows what PostgreSQL manages within the deadline, which is short where the lease is. */
  async #sized<T>(most: number, ask: (rows: number) => Promise<T>): Promise<T> {
    const rows = Math.min(most, this.#rows)
    try {
      const answer = await ask(rows)
      this.#rows = Math.min(MOST_ROWS.kept, this.#rows + (this.#rows >> 4))
      return answer
    } catch (error) {
      if (error instanceof LogOverdue) this.#rows = Math.max(FEWEST_ROWS, rows >> 1)
      throw error
    }
  }

  knows(position: LogPosition): boolean {
    return position instanceof Position && position.connection === this.connection()
  }

  async markApplied(ids: readonly string[]): Promise<void> {
    await this.#sized(ids.length, () => this.query(MARK, [ids]))
  }

  async backlog(transactions: readonly string[]): Promise<Backlog> {
    const [answer] = await this.query(BACKLOG, [transactions])
    return {
      awaited: new Set(JSON.parse(String(answer?.awaited))),
      rows: Number(answer?.rows),
      oldestMs: Number(answer?.oldest ?? 0),
      holders: holdersIn(answer),
    }
  }

  async register(before?: string): Promise<string> {
    const [row] = await this.query(REGISTER, [before ?? null])
    return String(row?.id)
  }

  async retire(ids: readonly string[]): Promise<void> {
    await this.query('update cache_holder set retired = true where id = any($1::int[]) and not retired', [
      ids,
    ])
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.query('delete from cache_holder where id = any($1::int[])', [ids])
  }

  /** In pieces, too: drains go over the same connection. */
  async sweep(keptMs: number): Promise<number> {
    for (let total = 0; ; ) {
      const [answer] = await this.query(SWEEP, [keptMs])
      const swept = Number(answer?.swept)
      total += swept
      if (swept < MOST_ROWS.pending) return total
    }
  }
}

function holdersIn(answer: Row | undefined): Holder[] {
  return JSON.parse(String(answer?.holders ?? '[]'))
}
