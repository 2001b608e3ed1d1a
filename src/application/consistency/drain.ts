import { Holders } from './holders.ts'
import type { Lease, Moment, TrustedSessions } from './lease.ts'
import { type CachePort, type CacheSession, CacheUnusable } from './ports/cache-port.ts'
import {
  type Backlog,
  type Holder,
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
  /** The instances that held entries of their own at a look that it had at the log. */
  readonly holders?: readonly Holder[]
  /**
   * The next drain follows at once: a long log is being caught up with, or this instance was not on the list of holders.
   */
  readonly behind?: true
  /** What ended it early. */
  readonly error?: unknown
}

/** For whom a drain is. */
export interface DrainRequest {
  /** The numbers of the transactions whose writes wait for it. */
  readonly awaited?: readonly string[]
  /** Another instance's write waits for what this holder acknowledges. */
  readonly woken?: boolean
  /** Of the cache behind a near one, whose own drain tells the other instances and looks after the list. */
  readonly within?: boolean
  /** Told what the drain has come to once the stamps are gone: what it does after that is nothing to the writes. */
  readonly invalidated?: (outcome: DrainOutcome) => void
}

/** What is drained within each drain of a near cache: the shared cache behind it. */
export interface SharedHalf {
  readonly drain: Drain
  readonly lease: Lease
}

/** Which part of the lease a drain spends on catching up before it looks for new rows again. */
const CATCH_UP_PER_LEASE = 1 / 6

/**
 * One drain of the invalidation log. The order of its steps is the protocol; each swap of two is a known bug:
 *
 * 1. note the time t0, and take the session (rows selected before the connection was made may miss some). With a private
 *    cache, be on the list of holders, committed;
 * 2. a session that is new to a shared cache, or a private cache that cannot say what it has seen, catches up: it deletes
 *    the stamps of every kept row. A shared session is trusted after the last of them. A long log takes several drains;
 * 3. select a piece of the new rows: the pending ones, or for a private cache all that it has not applied;
 * 4. delete the stamps of their tags over that very session, which also proves that it still is the master;
 * 5. after the last piece, and not before, acknowledge what the *first* look saw, and hold a lease since t0: with a private
 *    cache only if that look found this instance on the list, and not retired;
 * 6. answer the writes that wait, then mark the piece's rows applied, and go on with the next piece;
 * 7. once all are marked, remember up to where the log was read when the first piece was selected.
 *
 * What had committed before t0 is in every later look at the log, so the pieces need no snapshot in common.
 *
 * A near cache has a drain of the shared cache behind it between 3 and 4, whose look at the log comes after its own: an
 * entry that Redis still gave after the stamps in memory are gone would be kept under new ones. Where Redis does not
 * confirm, it is bypassed from then on, and what is in memory goes on.
 */
export class Drain {
  readonly #cache: CachePort
  readonly #log: InvalidationLog
  readonly #trusted: TrustedSessions
  readonly #lease: Lease
  readonly #holders: Holders
  /** A private cache: what is marked may have been marked by another instance. */
  readonly #holds: boolean
  readonly #behind: SharedHalf | undefined
  /** Every row that it sees is marked and, in a private cache, applied to the trusted session. */
  #position: LogPosition | undefined
  #catchUp: CatchUp | undefined
  #heard = false

  constructor(
    cache: CachePort,
    log: InvalidationLog,
    trusted: TrustedSessions,
    lease: Lease,
    behind?: SharedHalf,
  ) {
    this.#behind = behind
    this.#cache = cache
    this.#log = log
    this.#trusted = trusted
    this.#lease = lease
    this.#holders = new Holders(log, lease)
    this.#holds = cache.reach === 'private'
  }

  /** Never rejects: a failed drain is an outcome. */
  async run(request: DrainRequest = {}): Promise<DrainOutcome> {
    const since = this.#lease.now()
    const session = this.#cache.session()
    const done: Done = { invalidated: false, found: 0 }
    this.#heard = false
    try {
      if (session === undefined && this.#cache.reach !== 'none') throw new CacheUnusable('unreachable')
      if (this.#holds) await this.#holders.register()
      const behind = session !== undefined && !(await this.#caughtUp(session, since, request))
      if (!behind || !this.#holds) await this.#applyNew(session, since, done, request)
      return { ...done, heard: true, ...(behind && { behind }) }
    } catch (error) {
      return { ...done, ...(await this.#leftBy(error, request)), error }
    }
  }

  /** This instance uses its cache no more, and no write waits for it. */
  async leave(): Promise<void> {
    // Its connection ends with it, and the next drain of another instance takes it off the list.
    await this.#holders.leave().catch(() => undefined)
  }

  /** Whether nothing is left to catch up with; spends a part of the lease on it, and the next drain goes on from there. */
  async #caughtUp(session: CacheSession, since: Moment, request: DrainRequest): Promise<boolean> {
    if (!this.#isBehind(session)) return true
    if (this.#catchUp?.session !== session) this.#catchUp = new CatchUp(session)
    const catchUp = this.#catchUp
    const mayGoOn = () =>
      this.#lease.now().monotonic - since.monotonic < CATCH_UP_PER_LEASE * this.#lease.lengthMs
    for await (const piece of this.#pieces((after) => this.#keptPiece(after), catchUp.after, mayGoOn)) {
      await this.#drainBehind(request)
      await catchUp.apply(piece)
      // The position that it ends with sees these rows, so no later drain of this instance would mark them.
      if (this.#holds && piece.pending.length > 0) await this.#log.markApplied(piece.pending)
    }
    if (!catchUp.done) return false
    if (this.#holds) this.#position = catchUp.position
    else this.#trusted.trust(session)
    this.#catchUp = undefined
    return true
  }

  /** A private session that was never used is empty, and has nothing to catch up with. */
  #isBehind(session: CacheSession): boolean {
    if (this.#cache.reach === 'shared') return !this.#trusted.has(session)
    if (!this.#holds || !this.#trusted.has(session)) return false
    return this.#position === undefined || !this.#log.knows(this.#position)
  }

  async #applyNew(
    session: CacheSession | undefined,
    since: Moment,
    done: Done,
    request: DrainRequest,
  ): Promise<void> {
    const { awaited = [], woken = false, within = false } = request
    const select =
      this.#holds && session !== undefined && this.#trusted.has(session)
        ? (after?: LogCursor) => this.#keptPiece(after)
        : async (after?: LogCursor) => this.#leftToRedis(await this.#log.pending(this.#position, after))
    let first: LogPiece | undefined
    for await (const piece of this.#pieces(select)) {
      first ??= piece
      done.holders = first.holders
      done.found += piece.pending.length
      Object.assign(done, await this.#drainBehind(request))
      if (session !== undefined) await invalidateAll(session, piece.tags)
      if (piece.next === undefined) {
        done.invalidated ||= this.#behind === undefined
        const news = woken || first.tags.length > 0
        const wake = awaited.length > 0 && !within
        if (!(await this.#renew(session, since, first, { news, wake }))) done.behind = true
        request.invalidated?.({ ...done, heard: true })
      }
      if (piece.pending.length > 0) await this.#log.markApplied(piece.pending)
    }
    if (first === undefined) return
    this.#position = first.position
    if (!within) await this.#holders.tidy(first.holders)
  }

  /** What a drain of the shared cache came to, on which the writes' confirmation by it depends; nothing where there is none. */
  async #drainBehind({ awaited = [] }: DrainRequest): Promise<Partial<DrainOutcome>> {
    if (this.#behind === undefined) return {}
    const { drain, lease } = this.#behind
    const { heard: _heard, holders: _holders, ...outcome } = await drain.run({ awaited, within: true })
    if (outcome.error === undefined) return outcome
    if (!(outcome.error instanceof CacheUnusable)) throw outcome.error
    lease.end()
    return outcome
  }

  /** Rows are marked once their stamps in Redis are gone, which its own drain sees to. */
  #leftToRedis(piece: LogPiece): LogPiece {
    return this.#behind === undefined ? piece : { ...piece, pending: [] }
  }

  /** Whether this instance may use its cache now, as far as the list of holders is concerned. */
  async #renew(
    session: CacheSession | undefined,
    since: Moment,
    { position, holders }: LogPiece,
    occasion: { readonly news: boolean; readonly wake: boolean },
  ): Promise<boolean> {
    if (session !== undefined && this.#holds) {
      this.#trusted.trust(session)
      if (!this.#holders.isOn(holders)) return false
      await this.#holders.acknowledge(position, holders, occasion)
    } else if (occasion.wake) {
      await this.#holders.wake(holders)
    }
    if (session === undefined || this.#trusted.has(session)) this.#lease.renew(since)
    return true
  }

  async #keptPiece(after?: LogCursor): Promise<LogPiece> {
    const piece = await this.#log.kept(this.#holds ? this.#position : undefined, after)
    if (!piece.missed) return this.#leftToRedis(piece)
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
    { awaited = [], within = false }: DrainRequest,
  ): Promise<Pick<DrainOutcome, 'heard' | 'backlog' | 'holders'>> {
    if (!(error instanceof CacheUnusable)) return { heard: this.#heard || error instanceof LogOverdue }
    try {
      const backlog = await this.#log.backlog(awaited)
      if (awaited.length > 0 && !within) await this.#holders.wake(backlog.holders)
      return { heard: true, backlog, holders: backlog.holders }
    } catch (failure) {
      return { heard: this.#heard || failure instanceof LogOverdue }
    }
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Done = Mutable<Omit<DrainOutcome, 'heard'>>

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
