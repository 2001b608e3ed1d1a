import pLimit from 'p-limit'
import { LruCache } from '../../../../src/adapters/cache/lru-cache.ts'
import { NullCache } from '../../../../src/adapters/cache/null-cache.ts'
import { Drain } from '../../../../src/application/consistency/drain.ts'
import { DrainLoop } from '../../../../src/application/consistency/drain-loop.ts'
import { Gate, TrustedSessions } from '../../../../src/application/consistency/gate.ts'
import { Lease } from '../../../../src/application/consistency/lease.ts'
import { LoadQueue } from '../../../../src/application/consistency/load-queue.ts'
import type { CachePort, Permit } from '../../../../src/application/consistency/ports/cache-port.ts'
import type { Clock } from '../../../../src/application/consistency/ports/clock.ts'
import { Random } from '../../../../src/application/consistency/ports/random.ts'
import { type ReadObserver, ReadThrough } from '../../../../src/application/consistency/read-through.ts'
import type { Reading } from '../../../../src/application/consistency/reading.ts'
import { UnitOfWork, type WriteReport } from '../../../../src/application/consistency/unit-of-work.ts'
import { WriteConfirmation } from '../../../../src/application/consistency/write-confirmation.ts'
import type { Host } from './host.ts'
import type { WorldOptions } from './plan.ts'
import type { Prng } from './prng.ts'
import { type CacheParts, SimSharedCache } from './sim-cache.ts'
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
import { eventOf, tagsOf, type VersionView, versionView, type Written } from './version-view.ts'

export const LEASE_MS = 1000

/** What a drain is made of. */
export interface DrainContext {
  readonly cache: CachePort
  readonly log: SimLog
  readonly trusted: TrustedSessions
  readonly lease: Lease
  readonly clock: Clock
  readonly alone: boolean
  readonly transactions: SimTransactions
}

export interface ConfirmationContext {
  readonly cache: CachePort
  readonly loop: DrainLoop
  readonly clock: Clock
  readonly leaseMs: number
  readonly alone: boolean
  readonly transactions: SimTransactions
}

export interface ReadContext {
  readonly cache: CachePort
  readonly permits: { readonly gate: Permit; readonly trusted: Permit }
  readonly snapshots: SimSnapshots
  readonly loads: LoadQueue
  readonly clock: Clock
  readonly random: Random
  readonly observer: ReadObserver
}

/** Every class of the core, replaceable one by one: production's, unless a broken variant says otherwise. */
export interface Parts {
  readonly cache: CacheParts
  readonly lease: (clock: Clock) => Lease
  readonly gate: (trusted: TrustedSessions, lease: Lease) => Permit
  readonly trusted: () => TrustedSessions
  readonly drain: (context: DrainContext) => Drain
  readonly confirmation: (context: ConfirmationContext) => WriteConfirmation
  readonly readThrough: (context: ReadContext) => ReadThrough<SimQueries>
  readonly transactions: (link: DatabaseLink, cache: CachePort) => SimTransactions
  /** Answers a GET over HTTP. */
  readonly answer: () => Answer
}

/** `ifNoneMatch`: what the client sends of what it has. `read` reads the view. */
export type Answer = (
  view: string,
  ifNoneMatch: string | undefined,
  read: () => Promise<Reading<VersionView>>,
) => Promise<HttpAnswer>

export const PRODUCTION: Parts = {
  cache: {},
  lease: (clock) => new Lease(clock, LEASE_MS),
  gate: (trusted, lease) => new Gate(trusted, lease),
  trusted: () => new TrustedSessions(),
  drain: ({ cache, log, trusted, lease, alone }) => new Drain(cache, log, trusted, lease, alone),
  confirmation: ({ cache, loop, clock, leaseMs, alone }) =>
    new WriteConfirmation(cache, loop, clock, leaseMs, alone),
  readThrough: ({ cache, permits, snapshots, loads, clock, random, observer }) =>
    new ReadThrough(cache, permits, snapshots, loads, clock, random, observer, { serveUnverified: true }),
  transactions: (link) => new SimTransactions(link),
  answer: () => sendsReading,
}

export interface InstanceOptions {
  readonly cache: WorldOptions['cache']
  readonly alone: boolean
}

/** One process of the service: the production core and adapters, assembled as infrastructure does. */
export class Instance {
  readonly host: Host
  readonly cache: CachePort
  readonly #reads: ReadThrough<SimQueries>
  readonly #writes: UnitOfWork<SimTx, Written>
  readonly #loop: DrainLoop
  readonly #answer: Answer

  constructor(
    host: Host,
    link: DatabaseLink,
    access: RedisAccess & { readonly cluster: SimCluster | undefined },
    options: InstanceOptions,
    parts: Parts,
    observe: { readonly wrote: (report: WriteReport) => void; readonly loaded: ReadObserver['loaded'] },
  ) {
    this.host = host
    const clockFor = (user: string) => new SimClock(host, access.scheduler, user)
    const clock = clockFor('timer')
    const random = new SimRandom(access.random)
    const cache = makeCache(host, access, random, options.cache, parts.cache)
    this.cache = cache
    const { alone } = options
    const trusted = parts.trusted()
    const lease = parts.lease(clock)
    const gate = parts.gate(trusted, lease)
    const log = new SimLog(link)
    const transactions = parts.transactions(link, cache)
    const drain = parts.drain({ cache, log, trusted, lease, clock: clockFor('drain'), alone, transactions })
    const loads = new LoadQueue(pLimit(8), 2000)
    const loop = new DrainLoop(drain, clockFor('drain'), LEASE_MS, (outcome) => {
      failOnBug(outcome.error)
      loads.drained(outcome)
    })
    const confirmation = parts.confirmation({
      cache,
      loop,
      clock: clockFor('write'),
      leaseMs: LEASE_MS,
      alone,
      transactions,
    })
    this.#loop = loop
    this.#answer = parts.answer()
    this.#writes = new UnitOfWork(transactions, tagsOf, confirmation, clock, observe.wrote)
    this.#reads = parts.readThrough({
      cache,
      permits: { gate, trusted },
      snapshots: new SimSnapshots(link),
      loads,
      clock,
      random,
      observer: { read: () => undefined, loaded: observe.loaded },
    })
  }

  start(): Promise<void> {
    return this.#loop.start()
  }

  /** `ifNoneMatch`: the entity tag of what the client has. */
  read(view: string, ifNoneMatch: string | undefined): Promise<HttpAnswer> {
    return this.#answer(view, ifNoneMatch, () => this.#reads.read(versionView, { id: view }))
  }

  /** `whenSent` learns the version as soon as it may be seen, and that it never will be if the server lost it. */
  write(view: string, whenSent: (version: number | undefined) => void): Promise<number> {
    return this.#writes.run(async (tx, record) => {
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
  parts: CacheParts,
): CachePort {
  switch (kind) {
    case 'null':
      return new NullCache()
    case 'lru':
      return new LruCache({ maxBytes: 100_000 }, new SimClock(host, access.scheduler, 'lru'), random)
    default:
      return new SimSharedCache(host, access, random, kind, parts)
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
