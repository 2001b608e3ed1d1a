import { beforeEach, describe, expect, it } from 'vitest'
import { Lease, LeasePermit, TrustedSessions } from '../../../src/application/consistency/lease.ts'
import { CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'
import { FakeSession, TimerClock } from './fakes.ts'

const LENGTH_MS = 1000

let clock: TimerClock
let lease: Lease

beforeEach(() => {
  clock = new TimerClock()
  lease = new Lease(clock, LENGTH_MS)
})

/** Moves the clocks apart. */
function pass({ monotonic, wall }: { monotonic: number; wall: number }): void {
  clock.monotonicMs += monotonic
  clock.wallMs += wall
}

describe('a lease', () => {
  it('is not held before the first drain', () => {
    expect(lease.holds).toBe(false)
    expect(lease.ageMs).toBeUndefined()
  })

  it.each([
    { name: 'at once', monotonic: 0, wall: 0, holds: true },
    { name: 'just before L', monotonic: 999.9, wall: 999, holds: true },
    { name: 'at exactly L', monotonic: 1000, wall: 1000, holds: false },
    { name: 'at exactly L by the monotonic clock', monotonic: 1000, wall: 0, holds: false },
    { name: 'at exactly L by the wall clock', monotonic: 0, wall: 1000, holds: false },
    { name: 'after a suspension that stopped the monotonic clock', monotonic: 0, wall: 60_000, holds: false },
    { name: 'when the wall clock stepped forward', monotonic: 10, wall: 5000, holds: false },
    { name: 'when the wall clock stepped back', monotonic: 10, wall: -5000, holds: false },
    { name: 'when the wall clock stepped back while suspended', monotonic: 0, wall: -100, holds: false },
    { name: 'when the wall clock only rounds down', monotonic: 0.5, wall: -1, holds: true },
    { name: 'when the wall clock is back by what it may be slewed', monotonic: 0.5, wall: -2, holds: true },
    { name: 'when the wall clock is back by more', monotonic: 0.5, wall: -3, holds: false },
  ])('$name: $holds', ({ monotonic, wall, holds }) => {
    lease.renew(lease.now())
    pass({ monotonic, wall })
    expect(lease.holds).toBe(holds)
  })

  it('counts from the moment noted, not from the renewal', () => {
    const since = lease.now()
    pass({ monotonic: 600, wall: 600 })
    lease.renew(since)
    expect(lease.ageMs).toBe(600)
    pass({ monotonic: 400, wall: 400 })
    expect(lease.holds).toBe(false)
  })

  it('holds again from a later drain on', () => {
    lease.renew(lease.now())
    pass({ monotonic: 2000, wall: 2000 })
    lease.renew(lease.now())
    expect(lease.holds).toBe(true)
  })
})

describe('the leased', () => {
  let trusted: TrustedSessions
  let leased: LeasePermit
  const session = new FakeSession()

  beforeEach(() => {
    trusted = new TrustedSessions()
    leased = new LeasePermit(trusted, lease)
  })

  const refusal = expect.objectContaining({ reason: 'no-lease' })

  it('is shut without a lease, even for a trusted session', () => {
    trusted.trust(session)
    expect(() => leased.assert(session)).toThrow(refusal)
  })

  it('is shut for a session that was not replayed, even under a lease', () => {
    lease.renew(lease.now())
    trusted.trust(new FakeSession())
    expect(() => leased.assert(session)).toThrow(CacheUnusable)
    expect(() => trusted.assert(session)).toThrow(refusal)
  })

  it('opens with both, and shuts when the lease lapses', () => {
    trusted.trust(session)
    lease.renew(lease.now())
    expect(() => leased.assert(session)).not.toThrow()
    pass({ monotonic: LENGTH_MS, wall: LENGTH_MS })
    expect(() => leased.assert(session)).toThrow(refusal)
  })

  it('keeps trust when the lease has lapsed: enough for what is served marked', () => {
    trusted.trust(session)
    expect(() => trusted.assert(session)).not.toThrow()
  })
})
