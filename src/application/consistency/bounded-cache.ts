import { type CacheCall, type CacheObserver, CallFailures } from './call-failures.ts'
import {
  type CacheHealth,
  CachePort,
  type CacheProblem,
  CacheSession,
  CacheUnusable,
  type Entry,
  type Fence,
  type Inspection,
  type Lookup,
  Permit,
} from './ports/cache-port.ts'
import type { Clock } from './ports/clock.ts'

/** How long the core waits for each call, in ms: longer than the adapter's own deadlines, which say more. */
export interface CallDeadlines {
  /** Of a lookup, a store and an inspection. */
  readonly lookupMs: number
  /** Of an invalidation: short enough for the drain after it to keep the lease. */
  readonly invalidateMs: number
  readonly closeMs: number
}

/**
 * What stands between the core and whichever cache there is. The core relies on a few things, and an adapter of any
 * origin may fail each of them; here they are made true: every call ends within its deadline, and where readers' calls
 * hang they are soon made no more; whatever an adapter
 * throws is a CacheUnusable, so that a read goes to the database instead of failing; a session that was given up
 * does not come back; a lookup's answer has a stamp for each tag.
 */
export class BoundedCache extends CachePort {
  readonly reach: CachePort['reach']
  readonly name: string
  readonly identity: string
  readonly #cache: CachePort
  readonly #calls: Calls
  readonly #closeMs: number
  readonly #deadlines: CallDeadlines
  readonly #sessions = new WeakMap<CacheSession, BoundedSession>()
  /** The session of the last call, which is nearly always the session of the next. */
  #last: BoundedSession | undefined

  constructor(cache: CachePort, deadlines: CallDeadlines, clock: Clock, observer: CacheObserver) {
    super()
    this.#cache = cache
    this.reach = cache.reach
    this.name = cache.name
    this.identity = cache.identity
    this.#deadlines = deadlines
    this.#closeMs = deadlines.closeMs
    this.#calls = new Calls(Math.max(1, deadlines.lookupMs / LOOKS_PER_LOOKUP), clock, observer)
  }

  session(): CacheSession | undefined {
    const below = this.#below()
    if (below === undefined) return undefined
    if (this.#last?.below !== below) {
      this.#last = this.#bounded(below)
      this.#calls.newSession()
    }
    return this.#last.givenUp ? undefined : this.#last
  }

  /** The session is given up whatever the adapter does: one that gives it out again has none. */
  reset(): void {
    const below = this.#below()
    if (below !== undefined) this.#bounded(below).givenUp = true
    this.#calls.attempt('reset', () => this.#cache.reset())
  }

  health(): CacheHealth {
    const health = this.#calls.attempt('health', () => this.#cache.health()) ?? UNKNOWN
    const problem = this.#calls.problem ?? health.problem
    if (problem === undefined) return health
    return { ...health, connected: health.connected && this.#calls.problem === undefined, problem }
  }

  /** Never rejects, and never waits longer than its deadline. */
  async close(): Promise<void> {
    await this.#calls.run('close', this.#closeMs, () => this.#cache.close()).catch(() => undefined)
  }

  #below(): CacheSession | undefined {
    return this.#calls.attempt('session', () => this.#cache.session())
  }

  #bounded(below: CacheSession): BoundedSession {
    let session = this.#sessions.get(below)
    if (session === undefined) {
      session = new BoundedSession(below, this.#calls, this.#deadlines)
      this.#sessions.set(below, session)
    }
    return session
  }
}

const UNKNOWN: CacheHealth = { connected: false, breaker: 'none', entries: 0, bytes: 0 }

/** One for one: trust that was earned on a session does not pass to the next. */
class BoundedSession extends CacheSession {
  readonly below: CacheSession
  givenUp = false
  readonly #calls: Calls
  readonly #deadlines: CallDeadlines
  /** There are two permits in all, and one made for each of them: a lookup need not make another. */
  readonly #permits = new Map<Permit, PermitFor>()

  constructor(below: CacheSession, calls: Calls, deadlines: CallDeadlines) {
    super()
    this.below = below
    this.#calls = calls
    this.#deadlines = deadlines
  }

  lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    const forBelow = this.#permitFor(permit)
    return this.#calls.run(
      'lookup',
      this.#deadlines.lookupMs,
      () => this.below.lookup(key, tags, forBelow),
      (lookup) => {
        if (lookup?.fence?.length !== tags.length) throw new TypeError('The cache told no stamp for each tag')
      },
    )
  }

  store(key: string, tags: readonly string[], entry: Entry, fence: Fence, keepMs: number): Promise<boolean> {
    return this.#calls.run('store', this.#deadlines.lookupMs, () =>
      this.below.store(key, tags, entry, fence, keepMs),
    )
  }

  invalidate(tags: readonly string[]): Promise<void> {
    return this.#calls.run('invalidate', this.#deadlines.invalidateMs, () => this.below.invalidate(tags))
  }

  inspect(key: string, tags: readonly string[]): Promise<Inspection> {
    return this.#calls.run('inspect', this.#deadlines.lookupMs, () => this.below.inspect(key, tags))
  }

  #permitFor(permit: Permit): PermitFor {
    let forBelow = this.#permits.get(permit)
    if (forBelow === undefined) {
      forBelow = new PermitFor(permit, this)
      if (this.#permits.size < 8) this.#permits.set(permit, forBelow)
    }
    return forBelow
  }
}

/** The adapter asks about the session that it gave out; what the core trusts is the one that it was given. */
export class PermitFor extends Permit {
  readonly #permit: Permit
  readonly #session: CacheSession

  constructor(permit: Permit, session: CacheSession) {
    super()
    if (permit.unverified) this.unverified = true
    this.#permit = permit
    this.#session = session
  }

  assert(): void {
    this.#permit.assert(this.#session)
  }
}

/** So many calls of readers one after the other that never ended, and the next are not made: the wait would be in vain. */
const MOST_HANGING = 5
/** How long until one of them tries again, in ms. */
const REST_MS = 250

/** How often the calls under way are looked at within a lookup's deadline. */
const LOOKS_PER_LOOKUP = 4

interface UnderWay {
  readonly call: CacheCall
  /** How many more looks it may see. */
  looks: number
  readonly reject: (error: CacheUnusable) => void
}

/**
 * Bounds calls by looking at those under way now and then. One timer serves all of them, and none is set for each: an
 * in-process cache answers in the same turn of the event loop, and a timer per lookup would cost more than the lookup.
 * Looks are counted, not time: a loop that was blocked looks once, and reads what has arrived before it looks again.
 */
class Calls {
  readonly #everyMs: number
  readonly #clock: Clock
  readonly #failures: CallFailures
  readonly #underWay = new Set<UnderWay>()
  #looking = false
  /** Calls of readers that never ended, since one did. */
  #hanging = 0
  /** Monotonic, in ms. */
  #restsUntil = 0

  constructor(everyMs: number, clock: Clock, observer: CacheObserver) {
    this.#everyMs = everyMs
    this.#clock = clock
    this.#failures = new CallFailures(observer)
  }

  /** Why reads bypass the cache; undefined while calls succeed. */
  get problem(): CacheProblem | undefined {
    return this.#failures.problem
  }

  newSession(): void {
    this.#hanging = 0
    this.#failures.newSession()
  }

  /** Whether readers are spared this call. If not, and others were, it is the one that tries. */
  #rests(call: CacheCall, deadlineMs: number): boolean {
    if (this.#hanging < MOST_HANGING || !isReaders(call)) return false
    const now = this.#clock.monotonic()
    if (now < this.#restsUntil) return true
    this.#restsUntil = now + 2 * deadlineMs
    return false
  }

  /**
   * @param check throws when the answer is none
   * @throws CacheUnusable, and nothing else
   */
  run<T>(
    call: CacheCall,
    deadlineMs: number,
    ask: () => Promise<T>,
    check?: (answer: T) => void,
  ): Promise<T> {
    if (this.#rests(call, deadlineMs))
      return Promise.reject(this.failed(call, new CacheUnusable('breaker-open')))
    return new Promise((resolve, reject) => {
      // One more: the first look may come at once.
      const underWay: UnderWay = { call, looks: Math.ceil(deadlineMs / this.#everyMs) + 1, reject }
      let answer: Promise<T>
      try {
        answer = Promise.resolve(ask())
      } catch (error) {
        reject(this.failed(call, error))
        return
      }
      this.#underWay.add(underWay)
      if (!this.#looking) void this.#look()
      const fail = (error: unknown) => {
        if (this.#underWay.delete(underWay)) reject(this.failed(call, error))
      }
      answer.then((value) => {
        try {
          check?.(value)
        } catch (error) {
          fail(error)
        }
        if (!this.#underWay.delete(underWay)) return
        if (this.#hanging > 0 && isReaders(call)) this.#hanging = 0
        this.#failures.succeeded(call)
        resolve(value)
      }, fail)
    })
  }

  /** For what answers at once. Undefined when it throws. */
  attempt<T>(call: CacheCall, ask: () => T): T | undefined {
    try {
      const value = ask()
      this.#failures.succeeded(call)
      return value
    } catch (error) {
      this.failed(call, error)
      return undefined
    }
  }

  /** What the core is told of an error. */
  failed(call: CacheCall, error: unknown): CacheUnusable {
    const unusable = error instanceof CacheUnusable ? error : new CacheUnusable('unreachable', error)
    this.#failures.failed(call, unusable)
    return unusable
  }

  /** Goes on while there is something under way. */
  async #look(): Promise<void> {
    this.#looking = true
    while (this.#underWay.size > 0) {
      await this.#clock.sleep(this.#everyMs)
      for (const each of this.#underWay) {
        each.looks -= 1
        if (each.looks > 0) continue
        this.#underWay.delete(each)
        if (isReaders(each.call)) {
          this.#hanging += 1
          this.#restsUntil = this.#clock.monotonic() + REST_MS
        }
        each.reject(this.failed(each.call, new CacheUnusable('timeout')))
      }
    }
    this.#looking = false
  }
}

function isReaders(call: CacheCall): boolean {
  return call === 'lookup' || call === 'store'
}
