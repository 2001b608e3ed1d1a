import { WAIT_PER_LEASE } from './lease.ts'
import type { LoadQueue } from './load-queue.ts'
import {
  type CachePort,
  CacheUnusable,
  type Entry,
  type Fence,
  giveBack,
  type Permit,
  sameFence,
} from './ports/cache-port.ts'
import type { Clock } from './ports/clock.ts'
import type { Snapshots } from './ports/database.ts'
import type { Random } from './ports/random.ts'
import { decode, isNegative, makeEntry } from './representation.ts'
import type { View } from './view.ts'

/**
 * What became of a check. `same`: the database says what was served. `overtaken`: a write came between, and its
 * invalidation with it. `violation`: a write that must have been invalidated long ago was not. `undecided`: the
 * database, or a lease, could not be had. `skipped`: there was better to do.
 */
export type ShadowOutcome = 'same' | 'overtaken' | 'violation' | 'undecided' | 'skipped'

/** What a check found, for operators. Entity tags, never bodies: those may be some account's own. */
export interface ShadowReport {
  readonly outcome: ShadowOutcome
  readonly view: string
  readonly key: string
  readonly tags: readonly string[]
  /** The entity tag that was served; empty for «no such thing». */
  readonly served: string
  /** The database's; undefined where it was not asked, or did not answer. */
  readonly found?: string
  /** Why it was left undecided. */
  readonly error?: unknown
}

export interface ShadowOptions {
  /** Of all hits, in [0, 1]. */
  readonly share: number
  readonly leaseMs: number
}

/** Checks under way at once. */
const AT_ONCE = 4
/** With more loads than this under way, readers need the database more than we do. */
const FEW_LOADS = 4

/**
 * Re-reads a share of the hits from the database, in the background, to see the promise being kept (as Meta's Polaris
 * watches its caches).
 *
 * A difference alone proves nothing: a write may be in flight. So the stamps decide. What the fresh load saw was
 * committed before it ended; any lease that holds L after that began with a drain that came later still, and so has
 * deleted the stamps of every write that the load saw. If then, under such a lease, the stamps are the ones of the hit,
 * what was served differs from the database for a reason that no writer invalidated.
 */
export class ShadowCheck<Source> {
  readonly #cache: CachePort
  readonly #leased: Permit
  readonly #snapshots: Snapshots<Source>
  readonly #loads: LoadQueue
  readonly #clock: Clock
  readonly #random: Random
  readonly #options: ShadowOptions
  readonly #observe: (report: ShadowReport) => void
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<void>>()

  constructor(
    cache: CachePort,
    leased: Permit,
    snapshots: Snapshots<Source>,
    loads: LoadQueue,
    clock: Clock,
    random: Random,
    options: ShadowOptions,
    observe: (report: ShadowReport) => void,
  ) {
    this.#cache = cache
    this.#leased = leased
    this.#snapshots = snapshots
    this.#loads = loads
    this.#clock = clock
    this.#random = random
    this.#options = options
    this.#observe = observe
  }

  /** Told of every hit; returns at once. `fence`: the stamps under which the entry was served. */
  hit<P, T>(view: View<P, T, Source>, params: P, entry: Entry, fence: Fence): void {
    if (this.#random.fraction() >= this.#options.share || this.#closing.signal.aborted) return
    const report = (finding: Finding) =>
      this.#observe({
        view: view.name,
        key: view.key(params),
        tags: view.tags(params),
        served: entry.etag,
        ...finding,
      })
    if (this.#underWay.size >= AT_ONCE || this.#loads.size > FEW_LOADS) {
      report({ outcome: 'skipped' })
      return
    }
    const check = this.#check(view, params, entry, this.#decisive(view.tags(params), fence)).then(
      (finding) => {
        this.#underWay.delete(check)
        report(finding)
      },
    )
    this.#underWay.add(check)
  }

  /** Begins no more checks, cuts the waits of those under way short, and resolves when none is left. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#underWay)
  }

  async #check<P, T>(view: View<P, T, Source>, params: P, entry: Entry, fence: Fence): Promise<Finding> {
    try {
      const fresh = await this.#load(view, params)
      const loadedBy = this.#clock.monotonic()
      if (sameAnswer(entry, fresh)) return { outcome: 'same', found: fresh.etag }
      if (isForeign(view, entry)) return { outcome: 'undecided' }
      const outcome = await this.#judge(view, params, fence, loadedBy)
      return { outcome, found: fresh.etag }
    } catch (error) {
      return { outcome: 'undecided', error }
    }
  }

  #load<P, T>(view: View<P, T, Source>, params: P): Promise<Entry> {
    return this.#loads.run(async () => {
      const found = await this.#snapshots.read((queries) => view.load(queries, params))
      return makeEntry(view, found, { loadedAt: this.#clock.now(), loadMs: 0, jitter: 0 })
    })
  }

  /** Looks twice: at once, since most writes in flight have been invalidated by now, and when no excuse is left. */
  async #judge<P, T>(
    view: View<P, T, Source>,
    params: P,
    fence: Fence,
    loadedBy: number,
  ): Promise<ShadowOutcome> {
    const now = await this.#fence(view, params).catch(ignoreUnusable)
    if (now !== undefined && !sameFence(fence, now)) return 'overtaken'
    await this.#sleepUntil(loadedBy + WAIT_PER_LEASE * this.#options.leaseMs)
    if (this.#closing.signal.aborted) return 'undecided'
    return sameFence(fence, await this.#fence(view, params)) ? 'violation' : 'overtaken'
  }

  /** The tags' stamps now, for an instance that holds a lease. @throws CacheUnusable */
  async #fence<P, T>(view: View<P, T, Source>, params: P): Promise<Fence> {
    const session = this.#cache.session()
    if (session === undefined) throw new CacheUnusable('unreachable')
    this.#leased.assert(session)
    const lookup = await session.lookup(view.key(params), view.tags(params), this.#leased)
    // Readers elsewhere would wait for a load that does not come.
    giveBack(lookup)
    return this.#decisive(view.tags(params), lookup.fence)
  }

  /** A near cache's fence names Redis's stamps after those in memory, where it was asked; the latter decide the next hit. */
  #decisive(tags: readonly string[], fence: Fence): Fence {
    return this.#cache.behind === undefined ? fence : fence.slice(0, tags.length)
  }

  /** Timers may fire a fraction early, so the clock has the last word. */
  async #sleepUntil(end: number): Promise<void> {
    const { signal } = this.#closing
    for (;;) {
      const left = end - this.#clock.monotonic()
      if (left <= 0 || signal.aborted) return
      await this.#clock.sleep(left, signal)
    }
  }
}

type Finding = Pick<ShadowReport, 'outcome' | 'found' | 'error'>

/** Another release's way to write the same view; a reader who decodes it treats it as a miss. What is rendered has a key for each release. */
function isForeign<T>(view: View<never, T>, entry: Entry): boolean {
  return view.render === undefined && !isNegative(entry) && decode(view, entry) === undefined
}

function sameAnswer(served: Entry, fresh: Entry): boolean {
  return served.etag === fresh.etag && served.visibleTo === fresh.visibleTo
}

function ignoreUnusable(error: unknown): undefined {
  if (!(error instanceof CacheUnusable)) throw error
}
