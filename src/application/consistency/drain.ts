import type { TrustedSessions } from './gate.ts'
import type { Lease } from './lease.ts'
import { type CachePort, type CacheSession, CacheUnusable } from './ports/cache-port.ts'
import type { InvalidationLog, LoggedInvalidation, LogPosition } from './ports/invalidation-log.ts'

/** What one drain came to. A write that committed before it began may rely on it. */
export interface DrainOutcome {
  /** The stamps of every row selected are gone, for every reader of this cache. */
  readonly invalidated: boolean
  /** Ids of the rows that were not marked applied when they were selected; undefined when PostgreSQL did not answer. */
  readonly selected?: ReadonlySet<string>
  /** What ended it early. */
  readonly error?: unknown
}

/**
 * One drain of the invalidation log. The order of its steps is the protocol; each swap of two is a known bug:
 *
 * 1. note the time t0, and take the session (rows selected before the connection was made may miss some);
 * 2. select the rows: all pending ones, or every kept one if this session has not been replayed yet; for a private cache
 *    beside others, every one that it has not applied;
 * 3. delete the stamps of their tags over that very session, which also proves that it still is the master;
 * 4. trust the session;
 * 5. mark the rows applied;
 * 6. hold a lease since t0.
 */
export class Drain {
  readonly #cache: CachePort
  readonly #log: InvalidationLog
  readonly #trusted: TrustedSessions
  readonly #lease: Lease
  readonly #unseen: UnseenRows | undefined

  /** `alone`: no other process shares the database, so what is marked was marked by this instance. */
  constructor(
    cache: CachePort,
    log: InvalidationLog,
    trusted: TrustedSessions,
    lease: Lease,
    alone: boolean,
  ) {
    this.#cache = cache
    this.#log = log
    this.#trusted = trusted
    this.#lease = lease
    this.#unseen = cache.reach === 'private' && !alone ? new UnseenRows(log) : undefined
  }

  /** Never rejects: a failed drain is an outcome. */
  async run(): Promise<DrainOutcome> {
    const since = this.#lease.now()
    const session = this.#cache.session()
    let selected: ReadonlySet<string> | undefined
    let invalidated = false
    try {
      const rows = await this.#select(session)
      selected = new Set(rows.filter((row) => !row.applied).map((row) => row.id))
      if (session === undefined && this.#cache.reach !== 'none') throw new CacheUnusable('unreachable')
      if (session !== undefined) await invalidateAll(session, rows)
      invalidated = true
      if (session !== undefined) this.#trusted.trust(session)
      if (selected.size > 0) await this.#log.markApplied([...selected])
      this.#unseen?.applied()
      this.#lease.renew(since)
      return { invalidated, selected }
    } catch (error) {
      return selected === undefined ? { invalidated, error } : { invalidated, selected, error }
    }
  }

  async #select(session: CacheSession | undefined): Promise<readonly LoggedInvalidation[]> {
    if (this.#unseen !== undefined) return this.#selectUnseen(this.#unseen)
    if (session !== undefined && !this.#trusted.has(session)) return (await this.#log.kept()).rows
    return this.#log.pending()
  }

  async #selectUnseen(unseen: UnseenRows): Promise<readonly LoggedInvalidation[]> {
    const rows = await unseen.select()
    if (rows !== undefined) return rows
    this.#cache.reset()
    throw new CacheUnusable('no-lease')
  }
}

/**
 * The rows that a private cache has yet to apply. It cannot count on anyone's mark, nor on ids: a lower one may commit
 * later. So it remembers which transactions had committed when it last applied all that it saw.
 */
class UnseenRows {
  readonly #log: InvalidationLog
  /** Where the rows were selected that have all been applied and marked, and where they were selected last. */
  #applied: LogPosition | undefined
  #selected: LogPosition | undefined
  #sweeps: string | undefined

  constructor(log: InvalidationLog) {
    this.#log = log
  }

  /** Undefined when rows were swept since the last call: some may never have been seen, and any stamp may be old. */
  async select(): Promise<readonly LoggedInvalidation[] | undefined> {
    const { rows, sweeps, position } = await this.#log.kept(this.#applied)
    const missed = this.#sweeps !== undefined && this.#sweeps !== sweeps
    this.#sweeps = sweeps
    this.#selected = position
    return missed ? undefined : rows
  }

  /** What was selected last is applied and marked now; what was not, the next selection has again. */
  applied(): void {
    this.#applied = this.#selected
  }
}

/** Tags per command: a replay may have hundreds of thousands, and each command has a deadline. */
const TAGS_AT_ONCE = 1000

/** Asks at least once: also without tags, the session must prove that it still is the master. */
async function invalidateAll(session: CacheSession, rows: readonly LoggedInvalidation[]): Promise<void> {
  const tags = [...new Set(rows.flatMap((row) => row.tags))]
  for (let start = 0; start === 0 || start < tags.length; start += TAGS_AT_ONCE) {
    await session.invalidate(tags.slice(start, start + TAGS_AT_ONCE))
  }
}
