import pLimit from 'p-limit'
import { LruCache } from '../../../../src/adapters/cache/lru-cache.ts'
import { NullCache } from '../../../../src/adapters/cache/null-cache.ts'
import { bound, deadlinesOf } from '../../../../src/application/consistency/bound.ts'
import { NearCache } from '../../../../src/application/consistency/near-cache.ts'
import type { CachePort } from '../../../../src/application/consistency/ports/cache-port.ts'
import { Random } from '../../../../src/application/consistency/ports/random.ts'
import {
  type Consistency,
  type Observer,
  wireConsistency,
} from '../../../../src/application/consistency/wire.ts'
import type { Answer, Front } from './front.ts'
import type { Host } from './host.ts'
import type { OwnCache, SimOwnServer } from './own-cache.ts'
import type { WorldOptions } from './plan.ts'
import type { Prng } from './prng.ts'
import { SimSharedCache } from './sim-cache.ts'
import { SimClock } from './sim-clock.ts'
import type { SimCluster } from './sim-cluster.ts'
import {
  type DatabaseLink,
  type SimQueries,
  SimSnapshots,
  SimTransactions,
  type SimTx,
} from './sim-database.ts'
import { SimLog } from './sim-log.ts'
import type { RedisAccess } from './sim-redis.ts'
import { followMemory, slotOf } from './steps.ts'
import { eventOf, tagsOf, versionView, type Written } from './version-view.ts'

export const LEASE_MS = 1000
/** What an adapter of one's own is given for a round trip, in ms: as much as those on Redis. */
const TIMEOUT_MS = 50

/** Roads to what the instance may run on. */
interface Access extends RedisAccess {
  readonly cluster: SimCluster | undefined
  readonly own: SimOwnServer | undefined
}

export interface InstanceOptions {
  readonly cache: WorldOptions['cache']
}

/** One process of the service: the production core and adapters, assembled as infrastructure does. */
export class Instance {
  readonly host: Host
  readonly cache: CachePort
  readonly #front: Front
  readonly #core: Consistency<SimQueries, SimTx, Written>

  constructor(
    host: Host,
    link: DatabaseLink,
    access: Access,
    options: InstanceOptions,
    front: Front,
    observe: Pick<Observer, 'wrote' | 'loaded'>,
  ) {
    this.#front = front
    this.host = host
    const clockFor = (user: string) => new SimClock(host, access.scheduler, user)
    const random = new SimRandom(access.random)
    this.cache = makeCache(host, access, random, options.cache)
    const log = new SimLog(link)
    this.#core = wireConsistency({
      cache: this.cache,
      log,
      snapshots: new SimSnapshots(link),
      transactions: new SimTransactions(link),
      tagsOf,
      clock: clockFor('timer'),
      clocks: { loop: clockFor('drain'), writes: clockFor('write') },
      random,
      leaseMs: LEASE_MS,
      serveUnverified: true,
      limit: pLimit(8),
      mostLoads: 2000,
      observer: {
        ...observe,
        read: () => undefined,
        drained: ({ error }) => failOnBug(error),
        shadowChecked: () => undefined,
      },
    })
  }

  start(): Promise<void> {
    return this.#core.loop.start()
  }

  /** As a service does that is stopped; what is still asked of it, it answers without its cache. */
  async leave(): Promise<void> {
    await this.#core.loop.finish()
  }

  /** `ifNoneMatch`: the entity tag of what the client has. */
  read(view: string, ifNoneMatch: string | undefined): Promise<Answer> {
    return this.#front(ifNoneMatch, () => this.#core.reads.read(versionView, { id: view }))
  }

  /** `whenSent` learns the version as soon as it may be seen, and that it never will be if the server lost it. */
  write(view: string, whenSent: (version: number | undefined) => void): Promise<number> {
    return this.#core.writes.run(async (tx, record) => {
      const version = await tx.bump(view, whenSent)
      record(eventOf(view, version))
      return version
    })
  }
}

function makeCache(host: Host, access: Access, random: Random, kind: InstanceOptions['cache']): CachePort {
  if (typeof kind === 'object') return makeOwn(host, access, random, kind)
  switch (kind) {
    case 'null':
      return new NullCache()
    case 'lru':
      return inMemory(host, access, random)
    case 'near':
    case 'near cluster':
      return new NearCache(
        makeCache(host, access, random, 'lru'),
        makeCache(host, access, random, kind === 'near' ? 'redis' : 'cluster'),
        new SimClock(host, access.scheduler, 'near'),
      )
    default:
      return new SimSharedCache(host, access, random, kind)
  }
}

function inMemory(host: Host, { scheduler, steps }: Access, random: Random): CachePort {
  const cache = new LruCache({ maxBytes: 100_000 }, new SimClock(host, scheduler, 'lru'), random)
  return steps === undefined ? cache : followMemory(cache, steps, slotOf(host))
}

/** Bounded, as an adapter of any origin is in production. */
function makeOwn(host: Host, access: Access, random: Random, own: OwnCache): CachePort {
  const clock = new SimClock(host, access.scheduler, 'cache')
  let connections = 0
  const made = own.make({
    clock,
    random,
    connect: async () => {
      if (access.own === undefined) throw new RangeError(`${own.name} names no server to connect to`)
      connections += 1
      return access.own.connect({ ...access, server: 'cache' }, host, connections)
    },
  })
  const deadlines = deadlinesOf({ leaseMs: LEASE_MS, timeoutMs: TIMEOUT_MS })
  const bounds = new SimClock(host, access.scheduler, 'bounds')
  return bound(made, deadlines, bounds, {
    failed: (_call, { cause }) => failOnBug(cause),
    recovered: () => undefined,
  })
}

/** A drain swallows what goes wrong, and must: but here a TypeError is a bug of the simulation. */
function failOnBug(error: unknown): void {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError)
    throw error
}

class SimRandom extends Random {
  readonly #random: Prng

  constructor(random: Prng) {
    super()
    this.#random = random
  }

  uuid(): string {
    return this.token()
  }

  token(): string {
    return `t${this.#random.below(2 ** 32).toString(36)}${this.#random.below(2 ** 32).toString(36)}`
  }

  fraction(): number {
    return this.#random.fraction()
  }
}
