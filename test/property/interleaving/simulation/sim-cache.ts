import { CircuitBreaker } from '../../../../src/adapters/cache/circuit-breaker.ts'
import { EntryStore } from '../../../../src/adapters/cache/entry-store.ts'
import { KeptConnection } from '../../../../src/adapters/cache/kept-connection.ts'
import { Keyspace } from '../../../../src/adapters/cache/keyspace.ts'
import type { RedisCommands } from '../../../../src/adapters/cache/redis-commands.ts'
import { RedisSession, type RedisSessionContext } from '../../../../src/adapters/cache/redis-session.ts'
import { TieredSession } from '../../../../src/adapters/cache/tiered-cache.ts'
import {
  type CacheHealth,
  CachePort,
  type CacheSession,
} from '../../../../src/application/consistency/ports/cache-port.ts'
import type { Random } from '../../../../src/application/consistency/ports/random.ts'
import type { Host } from './host.ts'
import type { Scheduler } from './scheduler.ts'
import { SimClock } from './sim-clock.ts'
import { openSimCluster, type SimCluster } from './sim-cluster.ts'
import { type RedisAccess, SimConnection } from './sim-redis.ts'
import { follow, followL1, followLookups, slotOf } from './steps.ts'

/** Deadlines in ms, in the proportion to the lease that production has them in. */
const TIMEOUT_MS = 50
const INVALIDATE_TIMEOUT_MS = 250

/** Assembles the adapter's own sessions, link and breaker over simulated connections, as the adapters on Redis do. */
export class SimSharedCache extends CachePort {
  readonly reach = 'shared'
  readonly name: string
  readonly identity = 'simulated'
  readonly #connection: KeptConnection<Opened>
  readonly #l1: EntryStore | undefined

  constructor(
    host: Host,
    access: RedisAccess & { readonly cluster: SimCluster | undefined },
    random: Random,
    kind: 'redis' | 'tiered' | 'cluster' | 'tiered cluster',
  ) {
    super()
    this.name = kind
    const clock = new SimClock(host, access.scheduler, 'redis')
    const context: RedisSessionContext = {
      keyspace: new Keyspace(''),
      breaker: new CircuitBreaker(clock, new SimClock(host, access.scheduler, 'deadline').startTimer),
      clock,
      random,
      timeoutMs: TIMEOUT_MS,
      invalidateTimeoutMs: INVALIDATE_TIMEOUT_MS,
      defer: (flush) => sendLater(host, access.scheduler, flush),
    }
    this.#l1 = kind.startsWith('tiered') ? new EntryStore(1_000_000, clock) : undefined
    const followStores = access.steps && this.#l1 && followL1(this.#l1, access.steps)
    let connections = 0
    this.#connection = new KeptConnection(
      async () => {
        connections += 1
        const { cluster } = access
        const commands =
          cluster === undefined
            ? await SimConnection.open(access, host, connections)
            : await openSimCluster(cluster, access, host, connections)
        const redis = new RedisSession(commands, context)
        const session = this.#l1 === undefined ? redis : new TieredSession(redis, this.#l1, clock)
        if (access.steps !== undefined && commands instanceof SimConnection) {
          const moment = () => access.scheduler.count
          follow(redis, commands.pending, access.steps, slotOf(host), moment, this.#l1)
          followLookups(session, access.steps)
          followStores?.(session)
        }
        return new Opened(commands, session)
      },
      clock,
      random,
      undefined,
    )
  }

  session(): CacheSession | undefined {
    return this.#connection.current?.session
  }

  reset(): void {
    this.#l1?.clear()
    this.#connection.reset()
  }

  health(): CacheHealth {
    return { connected: this.session() !== undefined, breaker: 'none', entries: 0, bytes: 0 }
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }
}

class Opened {
  readonly session: CacheSession
  readonly commands: RedisCommands

  constructor(commands: RedisCommands, session: CacheSession) {
    this.commands = commands
    this.session = session
  }

  get ended(): Promise<void> {
    return this.commands.ended
  }

  get alive(): boolean {
    return this.commands.alive
  }

  close(): void {
    this.commands.close()
  }
}

function sendLater(host: Host, scheduler: Scheduler, flush: () => void): void {
  scheduler.add({ lane: `${host.name} redis`, label: 'sends its batch of lookups', host, run: flush })
}
