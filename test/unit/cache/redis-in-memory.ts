import { RedisBackedCache, type RedisCacheOptions } from '../../../src/adapters/cache/redis-backed-cache.ts'
import { FILL_LEASE_MS, RedisCommands, type StampsMade } from '../../../src/adapters/cache/redis-commands.ts'
import {
  type CacheSession,
  type Entry,
  Permit,
} from '../../../src/application/consistency/ports/cache-port.ts'
import type { Clock } from '../../../src/application/consistency/ports/clock.ts'
import { RealRandom } from '../../contract/sources.ts'

/** A Redis in this process: what outlives its connections. */
export class MemoryRedis {
  readonly #clock: Clock
  readonly #values = new Map<string, { readonly value: Buffer; readonly until: number }>()
  /** Every round trip, in words. */
  readonly asked: string[] = []
  /** What each connection's next call of a method rejects with. */
  readonly failing = new Map<'read' | 'makeStamps' | 'set' | 'deleteAndVerify', unknown>()
  /** Takes no stamp, as a server does whose memory is full. */
  full = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get keys(): string[] {
    return [...this.#values.keys()]
  }

  get(key: string): Buffer | null {
    const kept = this.#values.get(key)
    return kept !== undefined && this.#clock.now() < kept.until ? kept.value : null
  }

  set(key: string, value: Buffer, keepMs = Infinity): void {
    this.#values.set(key, { value, until: this.#clock.now() + keepMs })
  }

  delete(key: string): void {
    this.#values.delete(key)
  }
}

/** A connection to it, which executes at once and answers in the next microtask. */
export class MemoryCommands extends RedisCommands {
  readonly #server: MemoryRedis
  readonly #end = Promise.withResolvers<void>()
  readonly ended = this.#end.promise
  alive = true

  constructor(server: MemoryRedis) {
    super()
    this.#server = server
  }

  async read(keys: readonly string[]): Promise<(Buffer | null)[]> {
    this.#ask('read', keys)
    return keys.map((key) => this.#server.get(key))
  }

  async makeStamps(tokens: ReadonlyMap<string, string>, leases: Iterable<string>): Promise<StampsMade> {
    this.#ask('makeStamps', [...tokens.keys()])
    const taken = new Set<string>()
    for (const lease of leases) {
      if (this.#server.get(lease) !== null) taken.add(lease)
      else if (!this.#server.full) this.#server.set(lease, Buffer.alloc(0), FILL_LEASE_MS)
    }
    for (const [key, token] of tokens) {
      if (this.#server.get(key) === null && !this.#server.full) this.#server.set(key, Buffer.from(token))
    }
    return { stamps: [...tokens.keys()].map((key) => this.#server.get(key)), taken }
  }

  async set(key: string, value: Buffer, keepMs: number): Promise<void> {
    this.#ask('set', [key])
    this.#server.set(key, value, keepMs)
  }

  async deleteAndVerify(keys: readonly string[]): Promise<void> {
    this.#ask('deleteAndVerify', keys)
    for (const key of keys) this.#server.delete(key)
  }

  close(): void {
    this.alive = false
    this.#end.resolve()
  }

  #ask(method: 'read' | 'makeStamps' | 'set' | 'deleteAndVerify', keys: readonly string[]): void {
    this.#server.asked.push([method, ...keys].join(' '))
    if (this.#server.failing.has(method)) throw this.#server.failing.get(method)
  }
}

/** The production cache over such connections. */
export class MemoryRedisCache extends RedisBackedCache {
  readonly name = 'memory'

  constructor(
    server: MemoryRedis,
    clock: Clock,
    options: Partial<RedisCacheOptions> = {},
    connect = () => new MemoryCommands(server),
  ) {
    super(async () => connect(), { url: 'redis://in-memory', ...options }, clock, new RealRandom())
  }
}

/** A permit that can be taken away; it remembers whom it was asked about. */
export class Lease extends Permit {
  readonly asked: CacheSession[] = []
  /** How often it still says yes. */
  left = Infinity
  readonly #lapsed: Error

  constructor(lapsed: Error = new Error('lapsed')) {
    super()
    this.#lapsed = lapsed
  }

  assert(session: CacheSession): void {
    this.asked.push(session)
    if (this.left-- <= 0) throw this.#lapsed
  }
}

export function entryOf(text: string): Entry {
  return {
    body: Buffer.from(text),
    etag: `"${text}"`,
    visibleTo: '',
    loadedAt: 1,
    expiresAt: 2_000_000_000_000,
    loadMs: 2,
  }
}
