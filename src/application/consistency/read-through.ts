import { Admission } from './admission.ts'
import { Departures, Flights } from './flights.ts'
import type { LoadQueue } from './load-queue.ts'
import {
  type CachePort,
  type CacheSession,
  CacheUnusable,
  type Entry,
  type Fence,
  giveBack,
  type Lookup,
  type Permit,
} from './ports/cache-port.ts'
import type { Clock } from './ports/clock.ts'
import type { Snapshots } from './ports/database.ts'
import type { Random } from './ports/random.ts'
import { isDatabaseUnavailable } from './ports/unavailable.ts'
import { Reading, type ReadStatus } from './reading.ts'
import { type Compress, isNegative, keptFor, makeEntry } from './representation.ts'
import type { View } from './view.ts'

export interface ReadThroughOptions<Source> {
  /** With PostgreSQL out of reach, serve what is still there, marked; otherwise fail. */
  readonly serveUnverified: boolean
  /** Views with a longer TTL are refused, in seconds: their entries could outlive the log's rows. */
  readonly longestTtlS?: number
  /** Without it, bodies are kept and sent as they are. */
  readonly compress?: Compress
  /** Told of every hit, on its way out. */
  readonly hits?: HitObserver<Source>
}

/** Who wants to know what a hit was served from. Returns at once: the reader waits. */
interface HitObserver<Source> {
  /** `fence`: the stamps under which the entry was served. */
  hit<P, T>(view: View<P, T, Source>, params: P, entry: Entry, fence: Fence): void
}

/** What operators want to know of every read and load. */
export interface ReadObserver {
  read(view: string, status: ReadStatus): void
  loaded(view: string, ms: number, outcome: 'stored' | 'refused' | 'unstored' | 'failed'): void
}

/**
 * The one way to read a view, and so the one place where the fence holds: observe the stamps, then load, then store
 * under what was observed. Promotion between tiers, negative entries, early refresh and bulk reads all come through
 * here or carry the stamps that came from here.
 */
export class ReadThrough<Source> {
  readonly #cache: CachePort
  readonly #leased: Permit
  readonly #trusted: Permit
  readonly #snapshots: Snapshots<Source>
  readonly #loads: LoadQueue
  readonly #clock: Clock
  readonly #random: Random
  readonly #observer: ReadObserver
  readonly #options: ReadThroughOptions<Source>
  readonly #longestTtlS: number
  readonly #flights = new Flights<Loaded>()
  readonly #waits = new Flights<Looked>()
  readonly #departures = new Departures<Entry>()
  readonly #admission: Admission

  constructor(
    cache: CachePort,
    permits: { readonly leased: Permit; readonly trusted: Permit },
    snapshots: Snapshots<Source>,
    loads: LoadQueue,
    clock: Clock,
    random: Random,
    observer: ReadObserver,
    options: ReadThroughOptions<Source>,
  ) {
    this.#cache = cache
    this.#leased = permits.leased
    this.#trusted = permits.trusted
    this.#snapshots = snapshots
    this.#loads = loads
    this.#clock = clock
    this.#random = random
    this.#observer = observer
    this.#options = options
    this.#admission = new Admission(clock)
    this.#longestTtlS = options.longestTtlS ?? Number.POSITIVE_INFINITY
  }

  /**
   * Reads a view: from the cache when its stamps are current, else from the database.
   * @throws Unavailable `database-unavailable` or `overloaded` when it must be loaded and cannot; RangeError for a view
   * whose TTL is longer than the log's rows are kept for.
   */
  async read<P, T>(view: View<P, T, Source>, params: P): Promise<Reading<T>> {
    if (view.ttlS > this.#longestTtlS) throw tooLong(view, this.#longestTtlS)
    const key = view.key(params)
    const tags = view.tags(params)
    let session: CacheSession
    let lookup: Lookup
    try {
      session = this.#session()
      this.#leased.assert(session)
      lookup = await session.lookup(key, tags, this.#leased)
      if (lookup.fillLease === 'taken' && view.unbounded?.(params) !== true)
        ({ session, lookup } = await this.#lookAgain({ key, tags, session, lookup }))
    } catch (error) {
      if (!(error instanceof CacheUnusable)) throw error
      return this.#bypass(view, params, key, error)
    }
    const { entry, tier, fence, fillLease } = lookup
    const now = this.#clock.now()
    if (entry === undefined || now >= entry.expiresAt)
      return this.#miss(view, params, { key, tags, fence, session, fillLease }, entry)
    if (this.#wantsEarlyRefresh(entry, now)) this.#refresh(view, params, { key, tags, fence, session })
    this.#options.hits?.hit(view, params, entry, fence)
    return this.#answer(view, entry, {
      kind: 'hit',
      tier: tier ?? 'l1',
      ttlS: secondsUntil(entry.expiresAt, now),
    })
  }

  /**
   * Reads one view for many parameters, in their order. They are looked up together (adapters batch what is asked in
   * one tick), each under its own fence: there is no one snapshot across them.
   */
  readMany<P, T>(view: View<P, T, Source>, params: readonly P[]): Promise<Reading<T>[]> {
    return Promise.all(params.map((each) => this.read(view, each)))
  }

  #answer<P, T>(view: View<P, T, Source>, entry: Entry, status: ReadStatus): Reading<T> {
    this.#observer.read(view.name, status)
    return new Reading(view, entry, status)
  }

  #session(): CacheSession {
    if (this.#cache.reach === 'none') throw new CacheUnusable('no-cache')
    const session = this.#cache.session()
    if (session === undefined) throw new CacheUnusable('unreachable')
    return session
  }

  async #miss<P, T>(
    view: View<P, T, Source>,
    params: P,
    target: FillTarget,
    expired: Entry | undefined,
  ): Promise<Reading<T>> {
    try {
      const { entry, stored } = await this.#fly(view, params, target)
      return this.#answer(view, entry, { kind: 'miss', stored })
    } catch (error) {
      return this.#unverified(view, expired, error)
    }
  }

  /** Without the cache: only a load that has not begun yet may be shared, and nothing is stored. */
  async #bypass<P, T>(
    view: View<P, T, Source>,
    params: P,
    key: string,
    why: CacheUnusable,
  ): Promise<Reading<T>> {
    try {
      const entry = await this.#departures.join(
        key,
        (run) => this.#loads.run(run),
        async () => {
          const entry = await this.#load(view, params)
          this.#observer.loaded(view.name, entry.loadMs, 'unstored')
          return entry
        },
      )
      return this.#answer(view, entry, { kind: 'bypass', reason: why.reason })
    } catch (error) {
      return this.#unverified(view, await this.#lastKnown(view, params), error)
    }
  }

  /**
   * Another instance loads it. One of the readers that wait here looks again, now and then, as readers do; then the others
   * do. Ends where there is an entry, the load is this instance's to make or under way here, or the wait was too long.
   */
  async #lookAgain(looked: Looked): Promise<Looked> {
    const until = this.#clock.monotonic() + LONGEST_WAIT_MS
    let last = looked
    while (this.#mayWait(last, until)) {
      const name = flightName(last.key, last.lookup.fence)
      const others = this.#waits.under(name)
      if (others === undefined) last = await this.#waits.join(name, () => this.#watch(last, until))
      else {
        await others
        last = await this.#look(last)
      }
    }
    return last
  }

  async #watch(looked: Looked, until: number): Promise<Looked> {
    let last = looked
    for (let pauseMs = FIRST_PAUSE_MS; this.#mayWait(last, until); pauseMs *= 2) {
      const upTo = Math.min(pauseMs, LONGEST_PAUSE_MS)
      await this.#clock.sleep(upTo * (0.5 + this.#random.fraction() / 2))
      last = await this.#look(last)
    }
    return last
  }

  #mayWait(looked: Looked, until: number): boolean {
    return (
      looked.lookup.fillLease === 'taken' &&
      this.#flights.under(flightName(looked.key, looked.lookup.fence)) === undefined &&
      this.#clock.monotonic() < until
    )
  }

  /** Where the cache is lost meanwhile, what was seen last is as good for a load as it was. */
  async #look(last: Looked): Promise<Looked> {
    const { key, tags } = last
    try {
      const session = this.#session()
      this.#leased.assert(session)
      return { key, tags, session, lookup: await session.lookup(key, tags, this.#leased) }
    } catch (error) {
      if (!(error instanceof CacheUnusable)) throw error
      return { ...last, lookup: { fence: last.lookup.fence } }
    }
  }

  /** Joins the load that is under way for this key *and* these stamps, or begins it. */
  #fly<P, T>(view: View<P, T, Source>, params: P, target: FillTarget): Promise<Loaded> {
    return this.#flights.join(flightName(target.key, target.fence), () => this.#fill(view, params, target))
  }

  /** Loads after the fence was observed, and stores under it. A cache that refuses costs nothing but the next read. */
  async #fill<P, T>(view: View<P, T, Source>, params: P, target: FillTarget): Promise<Loaded> {
    let stored = false
    try {
      return await this.#loads.run(async () => {
        const entry = await this.#load(view, params)
        const admitted = view.unbounded?.(params) !== true || this.#admission.admits(target.key)
        stored = admitted && (await this.#store(entry, target))
        this.#observer.loaded(view.name, entry.loadMs, stored ? 'stored' : admitted ? 'refused' : 'unstored')
        return { entry, stored }
      })
    } finally {
      if (!stored) giveBack(target)
    }
  }

  async #store(entry: Entry, { key, tags, fence, session }: FillTarget): Promise<boolean> {
    const keepMs = keptFor(entry, entry.loadedAt)
    try {
      this.#leased.assert(session)
      return await session.store(key, tags, entry, fence, keepMs)
    } catch (error) {
      if (!(error instanceof CacheUnusable)) throw error
      return false
    }
  }

  async #load<P, T>(view: View<P, T, Source>, params: P): Promise<Entry> {
    const loadedAt = this.#clock.now()
    const start = this.#clock.monotonic()
    try {
      const found = await this.#snapshots.read((queries) => view.load(queries, params))
      const loadMs = this.#clock.monotonic() - start
      const facts = { loadedAt, loadMs, jitter: this.#random.fraction() }
      return makeEntry(view, found, facts, this.#options.compress)
    } catch (error) {
      this.#observer.loaded(view.name, this.#clock.monotonic() - start, 'failed')
      throw error
    }
  }

  /** XFetch (Vattani et al. 2015): the slower a load and the nearer the expiry, the likelier a hit refreshes early. */
  #wantsEarlyRefresh(entry: Entry, now: number): boolean {
    return now - entry.loadMs * Math.log(1 - this.#random.fraction()) >= entry.expiresAt
  }

  #refresh<P, T>(view: View<P, T, Source>, params: P, target: FillTarget): void {
    // The reader has its answer; a refresh that fails has been counted, and the next read near expiry tries again.
    this.#fly(view, params, target).catch(() => undefined)
  }

  async #lastKnown<P, T>(view: View<P, T, Source>, params: P): Promise<Entry | undefined> {
    if (!this.#mayServeUnverified(view)) return undefined
    try {
      const session = this.#session()
      this.#trusted.assert(session)
      const lookup = await session.lookup(view.key(params), view.tags(params), this.#trusted)
      giveBack(lookup)
      return lookup.entry
    } catch (error) {
      if (error instanceof CacheUnusable) return undefined
      throw error
    }
  }

  #mayServeUnverified({ alwaysVerified }: { readonly alwaysVerified?: boolean }): boolean {
    return this.#options.serveUnverified && alwaysVerified !== true
  }

  /** With PostgreSQL out of reach for us others may still write: nothing proves the entry current, and it says so. */
  #unverified<P, T>(view: View<P, T, Source>, entry: Entry | undefined, error: unknown): Reading<T> {
    if (
      !isDatabaseUnavailable(error) ||
      entry === undefined ||
      !canBeMarked(entry) ||
      !this.#mayServeUnverified(view)
    )
      throw error
    return this.#answer(view, entry, {
      kind: 'unverified',
      ageS: secondsUntil(this.#clock.now(), entry.loadedAt),
    })
  }
}

interface Loaded {
  readonly entry: Entry
  readonly stored: boolean
}

/** Where what a load brings is stored: under which key, and under the stamps that were observed before it. */
interface FillTarget {
  readonly key: string
  readonly tags: readonly string[]
  readonly fence: readonly string[]
  readonly session: CacheSession
  readonly fillLease?: Lookup['fillLease'] | undefined
}

/** A lookup of a key, and over what it was made. */
interface Looked {
  readonly key: string
  readonly tags: readonly string[]
  readonly session: CacheSession
  readonly lookup: Lookup
}

/** How long a reader waits for another instance's load, in ms: longer than the lease of one that is dead. */
const LONGEST_WAIT_MS = 1000
/** Between two looks, in ms. */
const FIRST_PAUSE_MS = 2
const LONGEST_PAUSE_MS = 20

/** «There is no such thing», and «not for you», are answered as errors, which carry no mark. */
function canBeMarked(entry: Entry): boolean {
  return !isNegative(entry) && entry.visibleTo === ''
}

/** Neither keys nor stamps hold a line feed. */
function flightName(key: string, fence: Fence): string {
  return `${key}\n${fence.join('\n')}`
}

function tooLong({ name, ttlS }: { readonly name: string; readonly ttlS: number }, most: number): RangeError {
  return new RangeError(
    `The view ${name} has a ttlS of ${ttlS}, and the log keeps its rows for entries of ${most}`,
  )
}

function secondsUntil(end: number, start: number): number {
  return Math.max(0, Math.floor((end - start) / 1000))
}
