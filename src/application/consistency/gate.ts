import type { Lease } from './lease.ts'
import { type CacheSession, CacheUnusable, Permit } from './ports/cache-port.ts'

/** Which sessions have been replayed. A session that has not may hold stamps that were invalidated while it was away. */
export class TrustedSessions extends Permit {
  readonly #sessions = new WeakSet<CacheSession>()

  trust(session: CacheSession): void {
    this.#sessions.add(session)
  }

  has(session: CacheSession): boolean {
    return this.#sessions.has(session)
  }

  /** The weaker permit: enough for what is served marked as unverified, and for nothing else. */
  assert(session: CacheSession): void {
    if (!this.#sessions.has(session)) throw new CacheUnusable('no-lease')
  }
}

/** Stands in front of every use of the cache: a lease younger than L, on a session that has been replayed. */
export class Gate extends Permit {
  readonly #trusted: TrustedSessions
  readonly #lease: Lease

  constructor(trusted: TrustedSessions, lease: Lease) {
    super()
    this.#trusted = trusted
    this.#lease = lease
  }

  assert(session: CacheSession): void {
    this.#trusted.assert(session)
    if (!this.#lease.holds) throw new CacheUnusable('no-lease')
  }
}
