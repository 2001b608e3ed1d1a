import {
  type CacheSession,
  CacheUnusable,
  type Entry,
} from '../../../../src/application/consistency/ports/cache-port.ts'
import { ReadThrough } from '../../../../src/application/consistency/read-through.ts'
import { Reading } from '../../../../src/application/consistency/reading.ts'
import { represent } from '../../../../src/application/consistency/representation.ts'
import type { View } from '../../../../src/application/consistency/view.ts'
import type { ReadContext } from '../../interleaving/simulation/instance.ts'
import type { SimQueries } from '../../interleaving/simulation/sim-database.ts'

/** Production's read-through without its extras, with its steps open to be broken. As it stands it is right. */
export class OpenReadThrough extends ReadThrough<SimQueries> {
  protected readonly context: ReadContext
  protected readonly flights = new Map<string, Promise<Entry>>()

  constructor(context: ReadContext) {
    const { cache, permits, snapshots, loads, clock, random, observer } = context
    super(cache, permits, snapshots, loads, clock, random, observer, { serveUnverified: false })
    this.context = context
  }

  override async read<P, T>(view: View<P, T, SimQueries>, params: P): Promise<Reading<T>> {
    const key = view.key(params)
    try {
      const session = this.context.cache.session()
      if (session === undefined) throw new CacheUnusable('unreachable')
      const { entry, fence } = await this.lookup(session, key, view.tags(params))
      if (entry !== undefined && this.context.clock.now() < entry.expiresAt) {
        return new Reading(view, entry, { kind: 'hit', tier: 'l2', ttlS: 0 })
      }
      const loaded = await this.join(this.flightName(key, fence), () =>
        this.fill(view, params, session, fence),
      )
      return new Reading(view, loaded, { kind: 'miss', stored: true })
    } catch (error) {
      if (!(error instanceof CacheUnusable)) throw error
      return new Reading(view, await this.bypass(view, params), { kind: 'bypass', reason: error.reason })
    }
  }

  protected lookup(session: CacheSession, key: string, tags: readonly string[]) {
    this.context.permits.gate.assert(session)
    return session.lookup(key, tags, this.context.permits.gate)
  }

  protected flightName(key: string, fence: readonly string[]): string {
    return `${key}\n${fence.join('\n')}`
  }

  protected join(name: string, work: () => Promise<Entry>): Promise<Entry> {
    const under = this.flights.get(name)
    if (under !== undefined) return under
    const flight = work().finally(() => this.flights.delete(name))
    this.flights.set(name, flight)
    return flight
  }

  protected async fill<P, T>(
    view: View<P, T, SimQueries>,
    params: P,
    session: CacheSession,
    fence: readonly string[],
  ): Promise<Entry> {
    const entry = await this.load(view, params)
    await this.store(view, params, session, entry, fence)
    return entry
  }

  protected async store<P, T>(
    view: View<P, T, SimQueries>,
    params: P,
    session: CacheSession,
    entry: Entry,
    fence: readonly string[],
  ): Promise<void> {
    try {
      this.context.permits.gate.assert(session)
      await session.store(view.key(params), view.tags(params), entry, fence, 60_000)
    } catch (error) {
      if (!(error instanceof CacheUnusable)) throw error
    }
  }

  protected bypass<P, T>(view: View<P, T, SimQueries>, params: P): Promise<Entry> {
    return this.load(view, params)
  }

  protected load<P, T>(view: View<P, T, SimQueries>, params: P): Promise<Entry> {
    const { clock, loads, random, snapshots } = this.context
    return loads.run(async () => {
      const loadedAt = clock.now()
      const found = await snapshots.read((queries) => view.load(queries, params))
      return represent(view, found, { loadedAt, loadMs: 1, jitter: random.fraction() })
    })
  }
}

/** Asks for the stamps when it has the value to store. */
export class ObservesAfterLoad extends OpenReadThrough {
  protected override async store<P, T>(
    view: View<P, T, SimQueries>,
    params: P,
    session: CacheSession,
    entry: Entry,
  ): Promise<void> {
    try {
      const { fence } = await this.lookup(session, view.key(params), view.tags(params))
      await super.store(view, params, session, entry, fence)
    } catch (error) {
      if (!(error instanceof CacheUnusable)) throw error
    }
  }
}

export class FlightsByKeyAlone extends OpenReadThrough {
  protected override flightName(key: string): string {
    return key
  }
}

export class BypassJoinsRunningLoad extends OpenReadThrough {
  protected override bypass<P, T>(view: View<P, T, SimQueries>, params: P): Promise<Entry> {
    return this.join(`bypass ${view.key(params)}`, () => this.load(view, params))
  }
}

/** By the time the answer is here, a drain may have renewed the lease that was not there when the cache was asked. */
export class ChecksLeaseAfterAsking extends OpenReadThrough {
  protected override async lookup(session: CacheSession, key: string, tags: readonly string[]) {
    const found = await session.lookup(key, tags, this.context.permits.trusted)
    this.context.permits.gate.assert(session)
    return found
  }
}

/** A lookup whose connection dropped is asked again on the next one, whether that was replayed or not. */
export class MovesToNewConnection extends OpenReadThrough {
  protected override async lookup(session: CacheSession, key: string, tags: readonly string[]) {
    try {
      return await super.lookup(session, key, tags)
    } catch (error) {
      // As a client with an offline queue does: the command waits for the next connection.
      await this.context.clock.sleep(100)
      const next = this.context.cache.session()
      if (next === undefined || next === session) throw error
      return next.lookup(key, tags, ANYBODY)
    }
  }
}

/** Loads from a snapshot that an earlier load began, for a while. */
export class LoadsFromOlderSnapshot extends OpenReadThrough {
  #loaded: { readonly entry: Promise<Entry>; readonly key: string; readonly at: number } | undefined

  protected override load<P, T>(view: View<P, T, SimQueries>, params: P): Promise<Entry> {
    const key = view.key(params)
    const now = this.context.clock.monotonic()
    if (this.#loaded === undefined || this.#loaded.key !== key || now - this.#loaded.at > 100) {
      this.#loaded = { entry: super.load(view, params), key, at: now }
    }
    return this.#loaded.entry
  }
}

/** What was loaded last is good enough beyond its TTL, until it has been loaded again: its stamps are not asked for. */
export class ServesPastTtl extends OpenReadThrough {
  readonly #last = new Map<string, Entry>()

  protected override async lookup(session: CacheSession, key: string, tags: readonly string[]) {
    const found = await super.lookup(session, key, tags)
    const last = this.#last.get(key)
    if (found.entry !== undefined || last === undefined) return found
    return this.context.clock.now() < last.expiresAt
      ? found
      : { ...found, entry: { ...last, expiresAt: Number.POSITIVE_INFINITY } }
  }

  protected override async load<P, T>(view: View<P, T, SimQueries>, params: P): Promise<Entry> {
    const entry = await super.load(view, params)
    this.#last.set(view.key(params), entry)
    return entry
  }
}

const ANYBODY = { assert: () => undefined }
