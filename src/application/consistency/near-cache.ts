import { PermitFor } from './bounded-cache.ts'
import {
  type CacheHealth,
  CachePort,
  CacheSession,
  CacheUnusable,
  type Entry,
  type Fence,
  type Inspection,
  type Lookup,
  type Permit,
} from './ports/cache-port.ts'
import type { Clock } from './ports/clock.ts'
import { keptFor } from './representation.ts'

/**
 * A cache in memory in front of a shared one, each with its own stamps. A hit in memory costs no round trip: the stamps there and
 * this instance's lease as a holder are enough, also while the shared cache is out of reach. A miss observes the stamps
 * in memory *before* it asks the shared cache, and keeps in memory under those what it finds there or loads.
 */
export class NearCache extends CachePort {
  readonly reach = 'private'
  readonly name = 'near'
  readonly identity: string
  readonly memory: CachePort
  override readonly behind: CachePort
  readonly #clock: Clock
  #session: NearSession | undefined

  /** Owns both. */
  constructor(memory: CachePort, behind: CachePort, clock: Clock) {
    super()
    this.memory = memory
    this.behind = behind
    this.identity = behind.identity
    this.#clock = clock
  }

  session(): CacheSession | undefined {
    const memory = this.memory.session()
    if (memory === undefined) return undefined
    if (this.#session?.memory !== memory) this.#session = new NearSession(memory, this.behind, this.#clock)
    return this.#session
  }

  /** In memory alone: what the shared cache holds is of its own sessions. */
  reset(): void {
    this.memory.reset()
  }

  health(): CacheHealth {
    const { entries, bytes } = this.memory.health()
    return { ...this.behind.health(), entries, bytes }
  }

  async close(): Promise<void> {
    await Promise.all([this.memory.close(), this.behind.close()])
  }
}

/** Its fences are the stamps in memory and then, where the shared cache answered, those in it. */
class NearSession extends CacheSession {
  readonly memory: CacheSession
  readonly #behind: CachePort
  readonly #clock: Clock
  readonly #permits = new WeakMap<Permit, PermitFor>()
  /** Over which session stamps were observed: nothing is stored over another. */
  readonly #observed = new WeakMap<Fence, CacheSession>()

  constructor(memory: CacheSession, behind: CachePort, clock: Clock) {
    super()
    this.memory = memory
    this.#behind = behind
    this.#clock = clock
  }

  async lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    const here = await this.memory.lookup(key, tags, this.#permitFor(permit))
    if (here.entry !== undefined && this.#clock.now() < here.entry.expiresAt) return here
    const session = this.#behind.session()
    if (session === undefined) return here
    let there: Lookup
    try {
      there = await session.lookup(key, tags, permit.behind ?? permit)
    } catch (error) {
      if (error instanceof CacheUnusable) return here
      throw error
    }
    const fence = [...here.fence, ...there.fence]
    this.#observed.set(fence, session)
    const { entry } = there
    if (entry === undefined) return { ...there, ...here, fence }
    // Asked without a lease, it may have what a drain that it did not confirm has deleted in memory.
    if (permit.unverified) return { ...there, fence }
    await this.memory.store(key, tags, entry, here.fence, keptFor(entry, this.#clock.now()))
    return { ...there, fence }
  }

  async store(
    key: string,
    tags: readonly string[],
    entry: Entry,
    fence: Fence,
    keepMs: number,
  ): Promise<boolean> {
    const here = await this.memory.store(key, tags, entry, fence.slice(0, tags.length), keepMs)
    const session = this.#observed.get(fence)
    if (session === undefined || session !== this.#behind.session()) return here
    try {
      return (await session.store(key, tags, entry, fence.slice(tags.length), keepMs)) || here
    } catch (error) {
      if (error instanceof CacheUnusable) return here
      throw error
    }
  }

  /** In memory: the drain has deleted them in the shared cache before. */
  async invalidate(tags: readonly string[]): Promise<void> {
    await this.memory.invalidate(tags)
  }

  /** What the next read looks at first. */
  async inspect(key: string, tags: readonly string[]): Promise<Inspection> {
    const here = await this.memory.inspect(key, tags)
    const session = this.#behind.session()
    return here.entries.length > 0 || session === undefined ? here : session.inspect(key, tags)
  }

  #permitFor(permit: Permit): PermitFor {
    let mine = this.#permits.get(permit)
    if (mine === undefined) {
      mine = new PermitFor(permit, this)
      this.#permits.set(permit, mine)
    }
    return mine
  }
}
