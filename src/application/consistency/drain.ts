import type { Lease, Moment, TrustedSessions } from './lease.ts'
import { type CachePort, type CacheSession, CacheUnusable } from './ports/cache-port.ts'
import {
  type Backlog,
  type InvalidationLog,
  type LogCursor,
  LogOverdue,
  type LogPiece,
  type LogPosition,
} from './ports/invalidation-log.ts'

/** What one drain came to. A write that committed before it began may rely on it. */
export interface DrainOutcome {
  /** The stamps of every row that was pending when it began are gone, for every reader of this cache. */
  readonly invalidated: boolean
  /** Whether PostgreSQL answered anything at all. */
  readonly heard: boolean
  /** Rows that it found pending. */
  readonly found: number
  /** What is left undone, where the drain could not do it and PostgreSQL could still be asked. */
  readonly backlog?: Backlog
  /** A long log is being caught up with, and the next drain goes on with that. */
  readonly behind?: true
  /** What ended it early. */
  readonly error?: unknown
}

/** Which part of the lease a drain spends on catching up before it looks for new rows again. */
const CATCH_UP_PER_LEASE = 1 / 6

/**
 * One drain of the invalidation log. The order of its steps is the protocol; each swap of two is a known bug:
 *
 * 1. note the time t0, and take the session (rows selected before the connection was made may miss some);
 * 2. a session that is new to a shared cache, or a private cache that cannot say what it has seen, catches up: it deletes
 *    the stamps of every kept row. A shared session is trusted after the last of them. A long log takes several drains;
 * 3. select a piece of the new rows: the pending ones, or for a private cache beside others all that it has not applied;
 * 4. delete the stamps of their tags over that very session, which also proves that it still is the master;
 * 5. after the last piece, and not before, hold a lease since t0;
 * 6. mark the piece's rows applied, and go on with the next piece;
 * 7. once all are marked, remember up to where the log was read when the first piece was selected.
 *
 * What had committed before t0 is in every later look at the log, so the pieces need no snapshot in common.
 */
export class Drain {
  readonly #cache: CachePort
  readonly #log: InvalidationLog
  readonly #trusted: TrustedSessions
  readonly #lease: Lease
  /** A private cache beside others: what is marked may have been marked by another instance. */
  readonly #appliesAll: boolean
  /** Every row that it sees is marked and, in a private cache beside others, applied to the trusted session. */
  #position: LogPosition | undefined
  #catchUp: CatchUp | undefined
  #heard = false

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
    this.#appliesAll = cache.reach === 'private' && !alone
  }

  /** `awaited`: the rows whose writes wait for this drain. Never rejects: a failed drain is an outcome. */
  async run(awaited: readonly string[] = []): Promise<DrainOutcome> {
    const since = this.#lease.now()
    const session = this.#cache.session()
    const done = { invalidated: false, found: 0 }
    this.#heard = false
    try {
      if (session === undefined && this.#cache.reach !== 'none') throw new CacheUnusable('unreachable')
      const behind = session !== undefined && !(await this.#caughtUp(session, since))
      if (!behind || !this.#appliesAll) await this.#applyNew(session, since, done)
      return { ...done, heard: true, ...(behind && { behind }) }
    } catch (error) {
      return { ...done, ...(await this.#leftBy(error, awaited)), error }
    }
  }

  /** Whether nothing is left to catch up with; spends a part of the lease on it, and the next drain goes on from there. */
  async #caughtUp(session: CacheSession, since: Moment): Promise<boolean> {
    if (!this.#isBehind(session)) return true
    if (this.#catchUp?.session !== session) this.#catchUp = new CatchUp(session)
    const catchUp = this.#catchUp
    const mayGoOn = () =>
      this.#lease.now().monotonic - since.monotonic < CATCH_UP_PER_LEASE * this.#lease.lengthMs
    for await (const piece of this.#pieces((after) => this.#keptPiece(after), catchUp.after, mayGoOn)) {
      await catchUp.apply(piece)
      // The position that it ends with sees these rows, so no later drain of this instance would mark them.
      if (this.#appliesAll && piece.pending.length > 0) await this.#log.markApplied(piece.pending)
    }
    if (!catchUp.done) return false
    if (this.#appliesAll) this.#position = catchUp.position
    else this.#trusted.trust(session)
    this.#catchUp = undefined
    return true
  }

  /**
   * A private session that was never used is empty, and has nothing to catch up with; nor has one that is alone, whose
   * rows stay pending until it has applied them.
   */
  #isBehind(session: CacheSession): boolean {
    if (this.#cache.reach === 'shared') return !this.#trusted.has(session)
    if (!this.#appliesAll || !this.#trusted.has(session)) return false
    return this.#position === undefined || !this.#log.knows(this.#position)
  }

  async #applyNew(
    session: CacheSession | undefined,
    since: Moment,
    done: { invalidated: boolean; found: number },
  ): Promise<void> {
    const select =
      this.#appliesAll && session !== undefined && this.#trusted.has(session)
        ? (after?: LogCursor) => this.#keptPiece(after)
        : (after?: LogCursor) => this.#log.pending(this.#position, after)
    let position: LogPosition | undefined
    for await (const piece of this.#pieces(select)) {
      position ??= piece.position
      done.found += piece.pending.length
      if (session !== undefined) await invalidateAll(session, piece.tags)
      if (piece.next === undefined) {
        done.invalidated = true
        this.#renew(session, since)
      }
      if (piece.pending.length > 0) await this.#log.markApplied(piece.pending)
    }
    this.#position = position
  }

  #renew(session: CacheSession | undefined, since: Moment): void {
    if (session !== undefined && this.#cache.reach === 'private') this.#trusted.trust(session)
    if (session === undefined || this.#trusted.has(session)) this.#lease.renew(since)
  }

  async #keptPiece(after?: LogCursor): Promise<LogPiece> {
    const piece = await this.#log.kept(this.#appliesAll ? this.#position : undefined, after)
    if (!piece.missed) return piece
    // Any stamp may be old: the tags of what was swept are not known any more.
    this.#cache.reset()
    this.#position = undefined
    throw new CacheUnusable('no-lease')
  }

  /** The pieces of a walk. While one is being applied, PostgreSQL already reads the next. */
  async *#pieces(
    select: (after?: LogCursor) => Promise<LogPiece>,
    after?: LogCursor,
    mayGoOn = () => true,
  ): AsyncGenerator<LogPiece> {
    for (let selecting: Promise<LogPiece> | undefined = select(after); selecting !== undefined; ) {
      const piece: LogPiece = await selecting
      this.#heard = true
      selecting = piece.next !== undefined && mayGoOn() ? select(piece.next) : undefined
      // Applying this one may fail before the next is looked at.
      selecting?.catch(() => undefined)
      yield piece
    }
  }

  /** What a drain leaves that ended early. A log that did not answer is not asked again. */
  async #leftBy(
    error: unknown,
    awaited: readonly string[],
  ): Promise<Pick<DrainOutcome, 'heard' | 'backlog'>> {
    if (!(error instanceof CacheUnusable)) return { heard: this.#heard || error instanceof LogOverdue }
    try {
      return { heard: true, backlog: await this.#log.backlog(awaited) }
    } catch (failure) {
      return { heard: this.#heard || failure instanceof LogOverdue }
    }
  }
}

/** Most tags that a walk remembers to have deleted: rows that follow each other often name the same. */
const TAGS_REMEMBERED = 50_000

/**
 * A walk over all kept rows, to delete the stamps of those that had committed when it began. Rows that commit later are
 * not its affair, so a tag that it has deleted need not be deleted again, and nothing is marked on its way but by private
 * caches, each of which applies every row, marked or not. It goes on where a drain left it, failed or not.
 */
class CatchUp {
  readonly session: CacheSession
  /** Up to where the log had been written when the walk began. */
  position: LogPosition | undefined
  after: LogCursor | undefined
  done = false
  #deleted = new Set<string>()

  constructor(session: CacheSession) {
    this.session = session
  }

  async apply({ tags, position, next }: LogPiece): Promise<void> {
    this.position ??= position
    const left = tags.filter((tag) => !this.#deleted.has(tag))
    await invalidateAll(this.session, left)
    if (this.#deleted.size + left.length > TAGS_REMEMBERED) this.#deleted = new Set()
    for (const tag of left) this.#deleted.add(tag)
    this.after = next
    this.done = next === undefined
  }
}

/** Tags per command, and commands under way at once: each command has a deadline. */
const TAGS_AT_ONCE = 1000
const COMMANDS_AT_ONCE = 8

/** Asks at least once: also without tags, the session must prove that it still is the master. */
async function invalidateAll(session: CacheSession, tags: readonly string[]): Promise<void> {
  const stride = TAGS_AT_ONCE * COMMANDS_AT_ONCE
  for (let start = 0; start === 0 || start < tags.length; start += stride) {
    const commands: Promise<void>[] = []
    const end = Math.min(start + stride, tags.length)
    for (let i = start; i === start || i < end; i += TAGS_AT_ONCE) {
      commands.push(session.invalidate(tags.slice(i, Math.min(i + TAGS_AT_ONCE, end))))
    }
    await Promise.all(commands)
  }
}
