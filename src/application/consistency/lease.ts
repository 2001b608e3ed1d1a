import { type CacheSession, CacheUnusable, Permit } from './ports/cache-port.ts'
import type { Clock } from './ports/clock.ts'

/** A moment on both of an instance's clocks, in ms. */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
}

/**
 * How long another instance's lease is waited out, in leases: strictly more than one, since clock rates may differ by
 * 1 % either way between the two machines.
 */
export const WAIT_PER_LEASE = 1.02

/**
 * Permission to use the cache, for `lengthMs` from the moment a drain *began* (volume leases, Yin et al. 1999).
 * It is looked at when it is used and never ended by a timer: a blocked event loop fires timers late.
 */
export class Lease {
  readonly lengthMs: number
  readonly #clock: Clock
  #since: Moment | undefined

  constructor(clock: Clock, lengthMs: number) {
    this.#clock = clock
    this.lengthMs = lengthMs
  }

  now(): Moment {
    return { monotonic: this.#clock.monotonic(), wall: this.#clock.now() }
  }

  /** `since`: noted before the drain selected its rows. */
  renew(since: Moment): void {
    this.#since = since
  }

  /** Before its time: this instance leaves. */
  end(): void {
    this.#since = undefined
  }

  get holds(): boolean {
    const age = this.ageMs
    return age !== undefined && age < this.lengthMs
  }

  /**
   * The age by whichever clock says more, in ms: the monotonic one may stop while the machine is suspended, the wall
   * clock may step. A wall clock that stepped back proves nothing, so the lease has lapsed. Undefined without a lease.
   */
  get ageMs(): number | undefined {
    if (this.#since === undefined) return undefined
    const monotonic = this.#clock.monotonic() - this.#since.monotonic
    const wall = this.#clock.now() - this.#since.wall
    return wall < -CLOCK_GRAIN_MS ? Number.POSITIVE_INFINITY : Math.max(monotonic, wall)
  }
}

/** The wall clock counts whole milliseconds and is slewed by NTP, so that two readings may disagree this much. */
const CLOCK_GRAIN_MS = 2

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
  override readonly unverified = true

  assert(session: CacheSession): void {
    if (!this.#sessions.has(session)) throw new CacheUnusable('no-lease')
  }
}

/** Stands in front of every use of the cache: a lease younger than L, on a session that has been replayed. */
export class LeasePermit extends Permit {
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
