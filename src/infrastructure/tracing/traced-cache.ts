import {
  type CacheHealth,
  CachePort,
  CacheSession,
  type Entry,
  type Fence,
  type Inspection,
  type Lookup,
  Permit,
} from '../../application/consistency/ports/cache-port.ts'
import { inSpan } from './spans.ts'

/** Any cache, with a span around each use. There are no semantic conventions for caches: these are `marketflow.cache.*`. */
export class TracedCache extends CachePort {
  readonly reach: CachePort['reach']
  readonly name: string
  readonly identity: string
  readonly #cache: CachePort
  readonly #sessions = new WeakMap<CacheSession, TracedSession>()

  constructor(cache: CachePort) {
    super()
    this.#cache = cache
    this.reach = cache.reach
    this.name = cache.name
    this.identity = cache.identity
  }

  /** One for one: trust that was earned on a session does not pass to the next. */
  session(): CacheSession | undefined {
    const below = this.#cache.session()
    if (below === undefined) return undefined
    let session = this.#sessions.get(below)
    if (session === undefined) {
      session = new TracedSession(below, this.name)
      this.#sessions.set(below, session)
    }
    return session
  }

  reset(): void {
    this.#cache.reset()
  }

  health(): CacheHealth {
    return this.#cache.health()
  }

  close(): Promise<void> {
    return this.#cache.close()
  }
}

class TracedSession extends CacheSession {
  readonly #session: CacheSession
  readonly #cache: string

  constructor(session: CacheSession, cache: string) {
    super()
    this.#session = session
    this.#cache = cache
  }

  lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    return inSpan('cache lookup', this.#about(tags, key), async (learn) => {
      const lookup = await this.#session.lookup(key, tags, new PermitFor(permit, this))
      learn({ 'marketflow.cache.found': lookup.entry !== undefined })
      if (lookup.tier !== undefined) learn({ 'marketflow.cache.tier': lookup.tier })
      return lookup
    })
  }

  store(key: string, tags: readonly string[], entry: Entry, fence: Fence, keepMs: number): Promise<boolean> {
    const attributes = { ...this.#about(tags, key), 'marketflow.cache.bytes': entry.body.length }
    return inSpan('cache store', attributes, () => this.#session.store(key, tags, entry, fence, keepMs))
  }

  invalidate(tags: readonly string[]): Promise<void> {
    return inSpan('cache invalidate', this.#about(tags), () => this.#session.invalidate(tags))
  }

  inspect(key: string, tags: readonly string[]): Promise<Inspection> {
    return this.#session.inspect(key, tags)
  }

  #about(tags: readonly string[], key?: string) {
    return {
      'marketflow.cache.name': this.#cache,
      'marketflow.cache.tags': [...tags],
      ...(key !== undefined && { 'marketflow.cache.key': key }),
    }
  }
}

/** The session that sends asks about itself; what the core trusts is the session that it was given. */
class PermitFor extends Permit {
  readonly #permit: Permit
  readonly #session: CacheSession

  constructor(permit: Permit, session: CacheSession) {
    super()
    this.#permit = permit
    this.#session = session
  }

  assert(): void {
    this.#permit.assert(this.#session)
  }
}
