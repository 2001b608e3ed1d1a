import type { Lease, TrustedSessions } from './lease.ts'
import type { CachePort, Entry } from './ports/cache-port.ts'
import { sameFence } from './ports/cache-port.ts'
import type { Clock } from './ports/clock.ts'
import { isNegative } from './representation.ts'
import type { View } from './view.ts'

/** What an operator wants to know of one key. Times in seconds. */
export interface Explanation {
  readonly view: string
  readonly key: string
  readonly cache: string
  readonly tags: readonly { readonly tag: string; readonly stamp: string | null }[]
  readonly entries: readonly ExplainedEntry[]
  readonly leaseAgeS: number | null
  /** What the next read will do, and why. */
  readonly next: string
}

export interface ExplainedEntry {
  readonly tier: 'l1' | 'l2'
  readonly bytes: number
  readonly etag: string
  readonly negative: boolean
  readonly ageS: number
  readonly ttlS: number
  /** Its stamps equal the tags' stamps now. */
  readonly current: boolean
}

/** Tells what the cache holds for a view and what the next read of it will do, without changing either. */
export class ExplainView {
  readonly #cache: CachePort
  readonly #trusted: TrustedSessions
  readonly #lease: Lease
  readonly #clock: Clock

  constructor(cache: CachePort, trusted: TrustedSessions, lease: Lease, clock: Clock) {
    this.#cache = cache
    this.#trusted = trusted
    this.#lease = lease
    this.#clock = clock
  }

  /** @throws CacheUnusable when the cache does not answer. */
  async execute<P, T>(view: View<P, T>, params: P): Promise<Explanation> {
    const key = view.key(params)
    const tags = view.tags(params)
    const session = this.#cache.session()
    const found = (await session?.inspect(key, tags)) ?? { stamps: [], entries: [] }
    const entries = found.entries.map(({ tier, entry, fence }) =>
      this.#explainEntry(tier, entry, sameFence(fence, found.stamps)),
    )
    const leaseAge = this.#lease.ageMs
    return {
      view: view.name,
      key,
      cache: this.#cache.name,
      tags: tags.map((tag, i) => ({ tag, stamp: found.stamps[i] ?? null })),
      entries,
      leaseAgeS: leaseAge === undefined ? null : leaseAge / 1000,
      next:
        this.#cacheRefusal() ??
        verdict(entries, found.stamps.length === tags.length && !found.stamps.includes(undefined)),
    }
  }

  #cacheRefusal(): string | undefined {
    if (this.#cache.reach === 'none') return 'bypass: this cache keeps nothing'
    const session = this.#cache.session()
    if (session === undefined) return 'bypass: the cache is out of reach'
    if (!this.#trusted.has(session)) return 'bypass: the connection is new and has not been replayed yet'
    if (!this.#lease.holds) return 'bypass: no lease (the invalidation log has not been drained in time)'
    return undefined
  }

  #explainEntry(tier: 'l1' | 'l2', entry: Entry, current: boolean): ExplainedEntry {
    const now = this.#clock.now()
    return {
      tier,
      bytes: entry.body.length,
      etag: entry.etag,
      negative: isNegative(entry),
      ageS: (now - entry.loadedAt) / 1000,
      ttlS: (entry.expiresAt - now) / 1000,
      current,
    }
  }
}

function verdict(entries: readonly ExplainedEntry[], stamped: boolean): string {
  const usable = entries.find((entry) => entry.current && entry.ttlS > 0)
  if (usable !== undefined)
    return `hit in ${usable.tier}: its stamps are current, for ${Math.floor(usable.ttlS)} s`
  if (entries.length === 0) return 'miss: nothing is stored under this key'
  if (!stamped) return 'miss: a tag has no stamp (invalidated, evicted or never read)'
  if (entries.some((entry) => entry.current)) return 'miss: the entry has passed its TTL'
  return 'miss: invalidated since it was stored (its stamps are not the current ones)'
}
