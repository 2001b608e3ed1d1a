import {
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
import type { CircuitBreaker } from './circuit-breaker.ts'
import { decodeEntry, encodeEntry } from './entry-format.ts'
import type { Keyspace } from './keyspace.ts'
import { type RedisCommands, RedisRefusal, unusable } from './redis-commands.ts'
import { type Defer, type Observation, StampBatch } from './stamp-batch.ts'

/** What the sessions of one cache have in common. */
export interface RedisSessionContext {
  readonly keyspace: Keyspace
  readonly breaker: CircuitBreaker
  readonly clock: Clock
  readonly random: Random
  /** Deadline of a lookup or store, in ms. */
  readonly timeoutMs: number
  /** Deadline of an invalidation, in ms. */
  readonly invalidateTimeoutMs: number
  /** When a batch of lookups is sent; `setImmediate` unless a simulation says otherwise. */
  readonly defer?: Defer
}

/** What was stored is found only under the stamps of now. */
export function foundIn({ fence, stored, fillLease }: Observation): Lookup {
  const miss = fillLease === undefined ? { fence } : { fence, fillLease }
  if (stored === undefined || !sameFence(stored.fence, fence)) return miss
  return { ...miss, entry: stored.entry, tier: 'l2' }
}

/** The fence over Redis's commands: the same for a single server, a cluster, and the simulation's server. */
export class RedisSession extends CacheSession {
  readonly #commands: RedisCommands
  readonly #context: RedisSessionContext
  readonly #batch: StampBatch

  constructor(commands: RedisCommands, context: RedisSessionContext) {
    super()
    this.#commands = commands
    this.#context = context
    const { breaker, clock, random, timeoutMs, defer } = context
    this.#batch = new StampBatch(commands, breaker, clock, random, timeoutMs, defer)
  }

  async lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    return foundIn(await this.observe(key, tags, permit, this))
  }

  /**
   * The tags' stamps now, and what is stored under the key, unless only stamps are asked for.
   * @param session whom the permit is asked about: this one, or the one that wraps it.
   */
  observe(
    key: string,
    tags: readonly string[],
    permit: Permit,
    session: CacheSession,
    what: 'all' | 'stamps' = 'all',
  ): Promise<Observation> {
    const { keyspace } = this.#context
    const stamps = tags.map((tag) => keyspace.stamp(tag))
    const entry = what === 'stamps' ? undefined : keyspace.entry(key)
    const fillLease = (fence: Fence) => keyspace.fillLease(key, fence)
    return this.#batch.ask({ stamps, entry, fillLease, permit, session })
  }

  async store(
    key: string,
    _tags: readonly string[],
    entry: Entry,
    fence: Fence,
    keepMs: number,
  ): Promise<boolean> {
    if (keepMs <= 0) return false
    const { clock, breaker, keyspace, timeoutMs } = this.#context
    const value = encodeEntry({ entry, fence, keptUntil: clock.now() + keepMs })
    try {
      await breaker.run(timeoutMs, () => this.#commands.set(keyspace.entry(key), value, keepMs))
      return true
    } catch (error) {
      if (error instanceof RedisRefusal && error.code === 'OOM') return false
      throw unusable(error)
    }
  }

  async invalidate(tags: readonly string[]): Promise<void> {
    const { breaker, invalidateTimeoutMs, keyspace } = this.#context
    const names = Array.from(new Set(tags), (tag) => keyspace.stamp(tag))
    try {
      await breaker.run(invalidateTimeoutMs, () => this.#commands.deleteAndVerify(names, keyspace.absent))
    } catch (error) {
      throw unusable(error)
    }
  }

  async inspect(key: string, tags: readonly string[]): Promise<Inspection> {
    const { breaker, keyspace, timeoutMs } = this.#context
    const names = [keyspace.entry(key), ...tags.map((tag) => keyspace.stamp(tag))]
    try {
      const [value, ...stamps] = await breaker.run(timeoutMs, () => this.#commands.read(names))
      const stored = value ? decodeEntry(value) : undefined
      return {
        stamps: stamps.map((stamp) => stamp?.toString('latin1')),
        entries: stored === undefined ? [] : [{ tier: 'l2', entry: stored.entry, fence: stored.fence }],
      }
    } catch (error) {
      throw unusable(error)
    }
  }
}
