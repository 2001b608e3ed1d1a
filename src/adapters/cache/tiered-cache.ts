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
import { EntryStore } from './entry-store.ts'
import type { RedisBackedCache } from './redis-backed-cache.ts'
import { foundIn, type RedisSession } from './redis-session.ts'

export interface TieredCacheOptions {
  /** Bound on the entries kept in this process, in bytes. */
  readonly maxBytes: number
}

/**
 * Entries in this process (L1) over Redis (L2). An entry in L1 is served only when its stamps are Redis's, asked for
 * after the read began: what L1 saves is the entry's way over the network, not the question.
 */
export class TieredCache extends CachePort {
  readonly reach = 'shared'
  readonly name = 'tiered'
  readonly identity: string
  readonly #l2: RedisBackedCache
  readonly #l1: EntryStore
  readonly #clock: Clock
  readonly #sessions = new WeakMap<RedisSession, TieredSession>()

  /** Owns `l2`: closes it when it is closed. */
  constructor(l2: RedisBackedCache, options: TieredCacheOptions, clock: Clock) {
    super()
    this.#l2 = l2
    this.identity = l2.identity
    this.#l1 = new EntryStore(options.maxBytes, clock)
    this.#clock = clock
  }

  /** One session per session of Redis: trust that was earned on one connection does not pass to the next. */
  session(): CacheSession | undefined {
    const below = this.#l2.session()
    if (below === undefined) return undefined
    let session = this.#sessions.get(below)
    if (session === undefined) {
      session = new TieredSession(below, this.#l1, this.#clock)
      this.#sessions.set(below, session)
    }
    return session
  }

  reset(): void {
    this.#l1.clear()
    this.#l2.reset()
  }

  health(): CacheHealth {
    return { ...this.#l2.health(), entries: this.#l1.size, bytes: this.#l1.bytes }
  }

  async close(): Promise<void> {
    this.#l1.clear()
    await this.#l2.close()
  }
}

/** L1 in front of one session of Redis. */
export class TieredSession extends CacheSession {
  readonly #l2: RedisSession
  readonly #l1: EntryStore
  readonly #clock: Clock

  constructor(l2: RedisSession, l1: EntryStore, clock: Clock) {
    super()
    this.#l2 = l2
    this.#l1 = l1
    this.#clock = clock
  }

  async lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    const candidate = this.#l1.get(key)
    // What is past its time here another instance may have loaded again.
    if (candidate === undefined || this.#clock.now() >= candidate.entry.expiresAt)
      return this.#lookupInL2(key, tags, permit)
    const { fence, stampWasMissing, fillLease } = await this.#l2.observe(key, tags, permit, this, 'stamps')
    if (!stampWasMissing && sameFence(candidate.fence, fence))
      return { entry: candidate.entry, tier: 'l1', fence }
    this.#l1.discard(key, candidate)
    // No instance can have filled it under stamps that this very lookup has made.
    if (fillLease !== undefined && fillLease !== 'taken') return { fence, fillLease }
    // Another instance may have filled it again; the stamps are asked for anew, with the entry.
    return this.#lookupInL2(key, tags, permit)
  }

  async #lookupInL2(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    const observed = await this.#l2.observe(key, tags, permit, this)
    const { stored, fence } = observed
    // Under its own stamps, and for no longer than Redis keeps it.
    if (stored !== undefined && sameFence(stored.fence, fence))
      this.#l1.set(key, stored, stored.keptUntil - this.#clock.now())
    return foundIn(observed)
  }

  async store(
    key: string,
    tags: readonly string[],
    entry: Entry,
    fence: Fence,
    keepMs: number,
  ): Promise<boolean> {
    const inProcess = this.#l1.set(key, { entry, fence, keptUntil: this.#clock.now() + keepMs }, keepMs)
    const inRedis = await this.#l2.store(key, tags, entry, fence, keepMs)
    return inProcess || inRedis
  }

  /** L1 needs no word of it: its entries' stamps stop matching. */
  async invalidate(tags: readonly string[]): Promise<void> {
    await this.#l2.invalidate(tags)
  }

  async inspect(key: string, tags: readonly string[]): Promise<Inspection> {
    const stored = this.#l1.get(key)
    const below = await this.#l2.inspect(key, tags)
    if (stored === undefined) return below
    const { entry, fence } = stored
    return { ...below, entries: [{ tier: 'l1', entry, fence }, ...below.entries] }
  }
}
