import { type CacheHealth, CachePort, problemOf } from '../../application/consistency/ports/cache-port.ts'
import type { Clock } from '../../application/consistency/ports/clock.ts'
import type { Random } from '../../application/consistency/ports/random.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { type Connected, type ConnectionObserver, KeptConnection } from './kept-connection.ts'
import { Keyspace } from './keyspace.ts'
import { redisAddress } from './redis-address.ts'
import type { RedisCommands } from './redis-commands.ts'
import { RedisSession, type RedisSessionContext } from './redis-session.ts'

export interface RedisCacheOptions {
  /** `redis://` or `rediss://` (TLS), with user, password and database. A cluster's nodes are comma-separated. */
  readonly url: string
  /** Deadline of each round trip of a lookup or store, in ms; 50 by default. */
  readonly timeoutMs?: number
  /** Deadline of an invalidation, in ms; 300 by default. */
  readonly invalidateTimeoutMs?: number
  /** Comes before every key; `marketflow:` by default. Databases that share a Redis need different ones. */
  readonly prefix?: string
  /** What instances that share it have in common; by default Redis's database and the prefix. */
  readonly identity?: string
  /** Letters and digits: entries that were stored under another release are not seen. */
  readonly release?: string
  /** For the log: why there is no connection. */
  readonly observer?: ConnectionObserver
}

interface Opened extends Connected {
  readonly session: RedisSession
}

/** What the caches on Redis share: one session per connection, opened anew whenever it ends, under one breaker. */
export abstract class RedisBackedCache extends CachePort {
  readonly reach = 'shared'
  readonly identity: string
  readonly #breaker: CircuitBreaker
  readonly #connection: KeptConnection<Opened>

  /** Starts to connect at once, and goes on trying until it is closed. */
  constructor(
    open: (signal: AbortSignal) => Promise<RedisCommands>,
    options: RedisCacheOptions,
    clock: Clock,
    random: Random,
  ) {
    super()
    const prefix = options.prefix ?? 'marketflow:'
    this.identity = options.identity ?? redisIdentity(options.url, prefix)
    this.#breaker = new CircuitBreaker(clock)
    const context: RedisSessionContext = {
      keyspace: new Keyspace(prefix, options.release),
      breaker: this.#breaker,
      clock,
      random,
      timeoutMs: options.timeoutMs ?? 50,
      invalidateTimeoutMs: options.invalidateTimeoutMs ?? 300,
    }
    const openSession = async (signal: AbortSignal) => new OpenSession(await open(signal), context)
    this.#connection = new KeptConnection<Opened>(openSession, clock, random, options.observer)
  }

  session(): RedisSession | undefined {
    return this.#connection.current?.session
  }

  reset(): void {
    this.#connection.reset()
  }

  health(): CacheHealth {
    const health = {
      connected: this.session() !== undefined,
      breaker: this.#breaker.state,
      entries: 0,
      bytes: 0,
    }
    const { problem } = this.#connection
    return problem === undefined ? health : { ...health, problem: problemOf(problem) }
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }
}

/** Where in Redis the keys are. The servers' addresses are not in it: instances may reach one Redis in different ways. */
export function redisIdentity(url: string, prefix: string): string {
  return `${redisAddress(url.split(',')[0]!).db}/${prefix}`
}

/** A session, for as long as the connections below it last. */
class OpenSession implements Opened {
  readonly session: RedisSession
  readonly #commands: RedisCommands

  constructor(commands: RedisCommands, context: RedisSessionContext) {
    this.#commands = commands
    this.session = new RedisSession(commands, context)
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
