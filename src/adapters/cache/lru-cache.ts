import { LRUCache } from 'lru-cache'
import {
  type CacheHealth,
  CachePort,
  CacheSession,
  type Entry,
  type Fence,
  type Inspection,
  type Lookup,
  type Permit,
  sameFence,
} from '../../application/consistency/ports/cache-port.ts'
import type { Clock } from '../../application/consistency/ports/clock.ts'
import type { Random } from '../../application/consistency/ports/random.ts'
import { EntryStore } from './entry-store.ts'

export interface LruCacheOptions {
  /** Bound on entries and stamps together, in bytes. */
  readonly maxBytes: number
}

/** Keeps entries and stamps in this process. Private: with several instances, each has its own. */
export class LruCache extends CachePort {
  readonly reach = 'private'
  readonly name = 'lru'
  readonly identity = 'lru'
  readonly #open: () => LruSession
  #session: LruSession

  constructor(options: LruCacheOptions, clock: Clock, random: Random) {
    super()
    this.#open = () => new LruSession(options.maxBytes, clock, random)
    this.#session = this.#open()
  }

  session(): CacheSession {
    return this.#session
  }

  /** The old session keeps its own entries and stamps, so that what is still under way cannot reach the new one. */
  reset(): void {
    this.#session = this.#open()
  }

  health(): CacheHealth {
    const { entries } = this.#session
    return { connected: true, breaker: 'none', entries: entries.size, bytes: entries.bytes }
  }

  async close(): Promise<void> {
    this.reset()
  }
}

/** A stamp's token, its tag and their map slots, in bytes. */
const STAMP_OVERHEAD = 250

class LruSession extends CacheSession {
  readonly entries: EntryStore
  readonly #stamps: LRUCache<string, string>
  readonly #clock: Clock
  readonly #random: Random

  constructor(maxBytes: number, clock: Clock, random: Random) {
    super()
    const stampBytes = Math.ceil(maxBytes / 8)
    this.entries = new EntryStore(maxBytes - stampBytes, clock)
    this.#stamps = new LRUCache({
      maxSize: stampBytes,
      sizeCalculation: (_token, tag) => STAMP_OVERHEAD + 2 * tag.length,
    })
    this.#clock = clock
    this.#random = random
  }

  async lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    permit.assert(this)
    const fence = tags.map((tag) => this.#stampOf(tag))
    const stored = this.entries.get(key)
    if (stored === undefined) return { fence }
    if (sameFence(stored.fence, fence)) return { entry: stored.entry, tier: 'l1', fence }
    this.entries.discard(key, stored)
    return { fence }
  }

  /** A stamp that was evicted comes back as another one, so its entries never match again. */
  #stampOf(tag: string): string {
    const known = this.#stamps.get(tag)
    if (known !== undefined) return known
    const token = this.#random.token()
    this.#stamps.set(tag, token)
    return token
  }

  async store(
    key: string,
    _tags: readonly string[],
    entry: Entry,
    fence: Fence,
    keepMs: number,
  ): Promise<boolean> {
    return this.entries.set(key, { entry, fence, keptUntil: this.#clock.now() + keepMs }, keepMs)
  }

  async invalidate(tags: readonly string[]): Promise<void> {
    for (const tag of tags) this.#stamps.delete(tag)
  }

  async inspect(key: string, tags: readonly string[]): Promise<Inspection> {
    const stored = this.entries.get(key)
    return {
      stamps: tags.map((tag) => this.#stamps.peek(tag)),
      entries: stored === undefined ? [] : [{ tier: 'l1', entry: stored.entry, fence: stored.fence }],
    }
  }
}
