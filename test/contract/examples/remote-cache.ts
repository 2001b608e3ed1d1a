import { type Connected, decodeEntry, encodeEntry, KeptConnection } from 'marketflow/kit'
import {
  type CacheHealth,
  CachePort,
  CacheSession,
  CacheUnusable,
  type Clock,
  type Entry,
  type Fence,
  type Inspection,
  type Lookup,
  type Permit,
  problemOf,
  type Random,
  sameFence,
} from 'marketflow/port'

/**
 * What a shared cache needs of its server, over one connection that is never replaced: each command is sent in the tick
 * of the call, at most once, and they are answered in the order in which they were sent.
 */
export interface RemoteCommands extends Connected {
  /** The values, in the keys' order. Rejects unless the server is still the one that takes writes. */
  read(keys: readonly string[]): Promise<readonly (Buffer | undefined)[]>
  /** Sets those that are not there. */
  add(values: ReadonlyMap<string, string>): Promise<void>
  /** Whether it is kept: a server may refuse for lack of room. */
  set(key: string, value: Buffer, keepMs: number): Promise<boolean>
  /** Resolves when all are gone and, after that, the server still is the one that it was. Also without keys. */
  delete(keys: readonly string[]): Promise<void>
}

export interface RemoteCacheOptions {
  readonly name: string
  /** Comes before every key. */
  readonly prefix: string
  /** How long a round trip may take, and how long a deletion, in ms; 50 and 250. */
  readonly timeoutMs?: number
  readonly invalidateTimeoutMs?: number
  /** A new connection. Gives up when the signal aborts, and leaves nothing open when it rejects. */
  readonly open: (signal: AbortSignal) => Promise<RemoteCommands>
}

/** A shared cache on any server with these commands: entries and stamps there, a session per connection. */
export class RemoteCache extends CachePort {
  readonly reach = 'shared'
  readonly name: string
  readonly identity: string
  readonly #connection: KeptConnection<Opened>

  constructor(options: RemoteCacheOptions, clock: Clock, random: Random) {
    super()
    this.name = options.name
    this.identity = `${options.name}/${options.prefix}`
    const open = async (signal: AbortSignal) => {
      const commands = await options.open(signal)
      return new Opened(commands, new RemoteSession(commands, options, clock, random))
    }
    this.#connection = new KeptConnection(open, clock, random, undefined)
  }

  session(): CacheSession | undefined {
    return this.#connection.current?.session
  }

  reset(): void {
    this.#connection.reset()
  }

  health(): CacheHealth {
    const connected = this.session() !== undefined
    const health = { connected, breaker: 'none' as const, entries: 0, bytes: 0 }
    return connected ? health : { ...health, problem: problemOf(this.#connection.problem) }
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }
}

/** A session lasts as long as its connection: the next one may lead to a server that holds older stamps. */
class Opened implements Connected {
  readonly session: CacheSession
  readonly #commands: RemoteCommands

  constructor(commands: RemoteCommands, session: CacheSession) {
    this.#commands = commands
    this.session = session
  }

  get ended(): Promise<void> {
    return this.#commands.ended
  }

  get alive(): boolean {
    return this.#commands.alive
  }

  close(): void {
    this.#commands.close()
  }
}

class RemoteSession extends CacheSession {
  readonly #commands: RemoteCommands
  readonly #prefix: string
  readonly #timeoutMs: number
  readonly #invalidateTimeoutMs: number
  readonly #clock: Clock
  readonly #random: Random

  constructor(commands: RemoteCommands, options: RemoteCacheOptions, clock: Clock, random: Random) {
    super()
    this.#commands = commands
    this.#prefix = options.prefix
    this.#timeoutMs = options.timeoutMs ?? 50
    this.#invalidateTimeoutMs = options.invalidateTimeoutMs ?? 250
    this.#clock = clock
    this.#random = random
  }

  async lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    const stamps = tags.map((tag) => this.#stampKey(tag))
    permit.assert(this)
    const [value, ...found] = await this.#within(this.#timeoutMs, () =>
      this.#commands.read([this.#entryKey(key), ...stamps]),
    )
    if (found.includes(undefined)) return { fence: await this.#makeStamps(stamps, found, permit) }
    const fence = found.map(String)
    const stored = this.#decode(value)
    return stored && sameFence(stored.fence, fence) ? { entry: stored.entry, tier: 'l2', fence } : { fence }
  }

  /** Two readers that make a stamp at once must agree on one, so what counts is what is read back. */
  async #makeStamps(
    keys: readonly string[],
    found: readonly (Buffer | undefined)[],
    permit: Permit,
  ): Promise<Fence> {
    const missing = keys.filter((_, i) => found[i] === undefined)
    // Sent after a wait, and so asked about again.
    permit.assert(this)
    const [, made] = await this.#within(this.#timeoutMs, () =>
      Promise.all([
        this.#commands.add(new Map(missing.map((key) => [key, this.#random.token()]))),
        this.#commands.read(keys),
      ]),
    )
    if (made.includes(undefined))
      throw new CacheUnusable('unreachable', new Error('The server keeps no stamps'))
    return made.map(String)
  }

  store(key: string, _tags: readonly string[], entry: Entry, fence: Fence, keepMs: number): Promise<boolean> {
    const value = encodeEntry({ entry, fence, keptUntil: this.#clock.now() + keepMs })
    return this.#within(this.#timeoutMs, () => this.#commands.set(this.#entryKey(key), value, keepMs))
  }

  invalidate(tags: readonly string[]): Promise<void> {
    const keys = Array.from(new Set(tags), (tag) => this.#stampKey(tag))
    return this.#within(this.#invalidateTimeoutMs, () => this.#commands.delete(keys))
  }

  async inspect(key: string, tags: readonly string[]): Promise<Inspection> {
    const keys = [this.#entryKey(key), ...tags.map((tag) => this.#stampKey(tag))]
    const [value, ...stamps] = await this.#within(this.#timeoutMs, () => this.#commands.read(keys))
    const stored = this.#decode(value)
    return {
      stamps: stamps.map((stamp) => stamp?.toString()),
      entries: stored === undefined ? [] : [{ tier: 'l2', entry: stored.entry, fence: stored.fence }],
    }
  }

  /** Servers keep time in their own way, memcached in seconds: the entry says itself until when it is kept. */
  #decode(value: Buffer | undefined) {
    const stored = value && decodeEntry(value)
    return stored !== undefined && this.#clock.now() < stored.keptUntil ? stored : undefined
  }

  #entryKey(key: string): string {
    return `${this.#prefix}entry:${key}`
  }

  #stampKey(tag: string): string {
    return `${this.#prefix}stamp:${tag}`
  }

  /** @throws CacheUnusable, and nothing else; after `ms` the commands may still be executed */
  async #within<T>(ms: number, send: () => Promise<T>): Promise<T> {
    const answered = new AbortController()
    const late = this.#clock.sleep(ms, answered.signal).then(() => {
      throw new CacheUnusable('timeout')
    })
    try {
      return await Promise.race([send(), late])
    } catch (error) {
      throw error instanceof CacheUnusable ? error : new CacheUnusable('unreachable', error)
    } finally {
      late.catch(() => {})
      answered.abort()
    }
  }
}
