import {
  type CacheHealth,
  CachePort,
  CacheSession,
  type Entry,
  type Fence,
  type Inspection,
  type Lookup,
  type Permit,
} from '../../../src/application/consistency/ports/cache-port.ts'

/**
 * What today's libraries do: an entry is bound to the tags as they are when it is *stored*. It is here so that the
 * races can be seen to be lost.
 */
export class StampedWhenStored extends CachePort {
  readonly reach = 'private'
  readonly name = 'stamped-when-stored'
  readonly identity = 'stamped-when-stored'
  readonly #inner: CachePort
  readonly #session: CacheSession

  constructor(inner: CachePort) {
    super()
    this.#inner = inner
    this.#session = new StampingSession(inner.session()!)
  }

  session(): CacheSession {
    return this.#session
  }

  reset(): void {
    this.#inner.reset()
  }

  health(): CacheHealth {
    return this.#inner.health()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

class StampingSession extends CacheSession {
  readonly #inner: CacheSession

  constructor(inner: CacheSession) {
    super()
    this.#inner = inner
  }

  lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    return this.#inner.lookup(key, tags, permit)
  }

  async store(
    key: string,
    tags: readonly string[],
    entry: Entry,
    _observed: Fence,
    keepMs: number,
  ): Promise<boolean> {
    const { fence } = await this.#inner.lookup(key, tags, { assert: () => {} })
    return this.#inner.store(key, tags, entry, fence, keepMs)
  }

  invalidate(tags: readonly string[]): Promise<void> {
    return this.#inner.invalidate(tags)
  }

  inspect(key: string, tags: readonly string[]): Promise<Inspection> {
    return this.#inner.inspect(key, tags)
  }
}
