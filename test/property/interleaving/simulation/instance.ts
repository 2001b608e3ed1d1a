import pLimit from 'p-limit'
import { LruCache } from '../../../../src/adapters/cache/lru-cache.ts'
import { NullCache } from '../../../../src/adapters/cache/null-cache.ts'
import { NearCache } from '../../../../src/application/consistency/near-cache.ts'
import type { CachePort } from '../../../../src/application/consistency/ports/cache-port.ts'
import { Random } from '../../../../src/application/consistency/ports/random.ts'
import {
  type Consistency,
  type Observer,
  wireConsistency,
} from '../../../../src/application/consistency/wire.ts'
import type { Host } from './host.ts'
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
import { type HttpAnswer, sendsReading } from './sim-http.ts'
import { SimLog } from './sim-log.ts'
import type { RedisAccess } from './sim-redis.ts'
import { eventOf, tagsOf, versionView, type Written } from './version-view.ts'

export const LEASE_MS = 1000

export interface InstanceOptions {
  readonly cache: WorldOptions['cache']
}

/** One process of the service: the production core and adapters, assembled as infrastructure does. */
export class Instance {
  readonly host: Host
  readonly cache: CachePort
  readonly #core: Consistency<SimQueries, SimTx, Written>

  constructor(
    host: Host,
    link: DatabaseLink,
    access: RedisAccess & { readonly cluster: SimCluster | undefined },
    options: InstanceOptions,
    observe: Pick<Observer, 'wrote' | 'loaded'>,
  ) {
    this.host = host
    const clockFor = (user: string) => new SimClock(host, access.scheduler, user)
    const random = new SimRandom(access.random)
    this.cache = makeCache(host, access, random, options.cache)
    this.#core = wireConsistency({
      cache: this.cache,
      log: new SimLog(link),
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
  read(view: string, ifNoneMatch: string | undefined): Promise<HttpAnswer> {
    return sendsReading(ifNoneMatch, () => this.#core.reads.read(versionView, { id: view }))
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

function makeCache(
  host: Host,
  access: RedisAccess & { readonly cluster: SimCluster | undefined },
  random: Random,
  kind: InstanceOptions['cache'],
): CachePort {
  switch (kind) {
    case 'null':
      return new NullCache()
    case 'lru':
      return new LruCache({ maxBytes: 100_000 }, new SimClock(host, access.scheduler, 'lru'), random)
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
