import { beforeEach, describe, expect, it } from 'vitest'
import { Drain } from '../../../src/application/consistency/drain.ts'
import { DrainLoop } from '../../../src/application/consistency/drain-loop.ts'
import { Lease, TrustedSessions } from '../../../src/application/consistency/lease.ts'
import { type CachePort, CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'
import { WriteConfirmation } from '../../../src/application/consistency/write-confirmation.ts'
import { FakeCache, FakeLog, TimerClock } from './fakes.ts'

const LEASE_MS = 1000
const WAIT_MS = 1020

interface World {
  readonly clock: TimerClock
  readonly cache: FakeCache
  readonly log: FakeLog
  readonly loop: DrainLoop
  /** Confirms the row `1` with the tag `a`, committed now; `answer` is set when it may be answered. */
  readonly confirm: (committedAt?: number) => { answer?: { confirmation: string; at: number } }
}

async function world(reach: CachePort['reach'], alone = false): Promise<World> {
  const clock = new TimerClock()
  const cache = new FakeCache(reach)
  const log = new FakeLog()
  const drain = new Drain(cache, log, new TrustedSessions(), new Lease(clock, LEASE_MS), alone)
  const loop = new DrainLoop(drain, clock, LEASE_MS, () => {})
  const confirmation = new WriteConfirmation(cache, loop, clock, LEASE_MS, alone)
  await loop.start()
  return {
    clock,
    cache,
    log,
    loop,
    confirm: (committedAt = clock.monotonicMs) => {
      const told: ReturnType<World['confirm']> = {}
      confirmation.confirm('1', ['a'], committedAt).then((how) => {
        told.answer = { confirmation: how, at: clock.monotonicMs }
      })
      return told
    },
  }
}

describe('a write to a shared cache', () => {
  let w: World

  beforeEach(async () => {
    w = await world('shared')
    w.log.add('1', ['a'])
  })

  const unreachable = () => w.cache.present!.failing.set('invalidate', new CacheUnusable('timeout'))

  it('is answered as soon as a drain has deleted its stamps, and leaves no timer', async () => {
    const told = w.confirm()
    await w.clock.advance(0)
    expect(told.answer).toEqual({ confirmation: 'invalidated', at: 0 })
    expect(w.cache.present!.steps).toContain('invalidate a')
    await w.loop.finish()
    expect(w.clock.timers).toBe(0)
  })

  it('is answered when its stamps are gone, though the mark failed', async () => {
    w.log.failing.add('markApplied')
    const told = w.confirm()
    await w.clock.advance(0)
    expect(told.answer).toEqual({ confirmation: 'invalidated', at: 0 })
  })

  it('is answered when another instance has marked its row', async () => {
    unreachable()
    const told = w.confirm()
    await w.clock.advance(300)
    expect(told.answer).toBeUndefined()
    await w.log.markApplied(['1'])
    await w.clock.advance(LEASE_MS / 10)
    expect(told.answer?.confirmation).toBe('applied-by-another')
  })

  it('does not take a select that failed for «no longer pending»', async () => {
    w.log.failing.add('pending')
    w.log.failing.add('kept')
    const told = w.confirm()
    await w.clock.advance(WAIT_MS - 1)
    expect(told.answer).toBeUndefined()
    await w.clock.advance(1)
    expect(told.answer?.confirmation).toBe('lease-waited-out')
  })

  it('waits out 1.02·L when no drain confirms, not a moment less', async () => {
    unreachable()
    const told = w.confirm()
    await w.clock.advance(WAIT_MS - 0.01)
    expect(told.answer).toBeUndefined()
    await w.clock.advance(0.01)
    expect(told.answer).toEqual({ confirmation: 'lease-waited-out', at: WAIT_MS })
  })

  it('counts from when COMMIT returned, not from when it was asked', async () => {
    unreachable()
    await w.clock.advance(500)
    const told = w.confirm(300)
    await w.clock.advance(819)
    expect(told.answer).toBeUndefined()
    await w.clock.advance(1)
    expect(told.answer).toEqual({ confirmation: 'lease-waited-out', at: 300 + WAIT_MS })
  })

  it('does not trust a timer that fires early', async () => {
    unreachable()
    w.clock.earlyMs = 1
    const told = w.confirm()
    await w.clock.advance(WAIT_MS - 0.5)
    expect(told.answer).toBeUndefined()
    await w.clock.advance(0.5)
    expect(told.answer).toEqual({ confirmation: 'lease-waited-out', at: WAIT_MS })
  })

  it('waits out the lease even when a drain hangs', async () => {
    w.log.pending = () => new Promise(() => {})
    w.cache.present!.invalidate = () => new Promise(() => {})
    const told = w.confirm()
    await w.clock.advance(WAIT_MS)
    expect(told.answer?.confirmation).toBe('lease-waited-out')
  })

  it('without a session, waits for another instance or the lease', async () => {
    w.cache.present = undefined
    const told = w.confirm()
    await w.clock.advance(WAIT_MS - 1)
    expect(told.answer).toBeUndefined()
    await w.clock.advance(1)
    expect(told.answer?.confirmation).toBe('lease-waited-out')
  })
})

describe('a write to a private cache', () => {
  it('alone: is answered once its own stamps are gone and a drain has seen the row', async () => {
    const w = await world('private', true)
    w.log.add('1', ['a'])
    const told = w.confirm()
    await w.clock.advance(0)
    expect(told.answer).toEqual({ confirmation: 'invalidated', at: 0 })
    expect(w.cache.steps).toContain('invalidate a')
    await w.loop.finish()
    expect(w.clock.timers).toBe(0)
  })

  it('alone: when the log cannot be read, another may have been let in, and its lease is waited out', async () => {
    const w = await world('private', true)
    w.log.failing.add('pending')
    const told = w.confirm()
    await w.clock.advance(WAIT_MS - 1)
    expect(w.cache.steps).toContain('invalidate a')
    expect(told.answer).toBeUndefined()
    await w.clock.advance(1)
    expect(told.answer).toEqual({ confirmation: 'lease-waited-out', at: WAIT_MS })
  })

  it('alone: a log that does not answer at all is waited for no longer than that', async () => {
    const w = await world('private', true)
    w.log.pending = () => new Promise(() => {})
    const told = w.confirm()
    await w.clock.advance(WAIT_MS)
    expect(told.answer).toEqual({ confirmation: 'lease-waited-out', at: WAIT_MS })
  })

  it('with others: deletes its own at once, and waits the lease out whichever instance has marked the row', async () => {
    const w = await world('private', false)
    w.log.add('1', ['a'])
    const told = w.confirm()
    await w.clock.advance(1)
    expect(w.cache.steps).toContain('invalidate a')
    expect(w.log.rows[0]!.applied).toBe(true)
    await w.clock.advance(WAIT_MS - 2)
    expect(told.answer).toBeUndefined()
    await w.clock.advance(1)
    expect(told.answer).toEqual({ confirmation: 'lease-waited-out', at: WAIT_MS })
  })
})

describe('a write without a cache', () => {
  it('is answered after the drain that marks it', async () => {
    const w = await world('none')
    w.log.add('1', ['a'])
    const told = w.confirm()
    await w.clock.advance(0)
    expect(told.answer).toEqual({ confirmation: 'invalidated', at: 0 })
  })
})

it('a private cache that fails to delete a write’s stamps costs the wait for a lease, and not the answer', async () => {
  const w = await world('private', true)
  w.log.add('1', ['a'])
  w.cache.present!.failing.set('invalidate', new CacheUnusable('unreachable'))
  const told = w.confirm()
  await w.clock.advance(WAIT_MS - 1)
  expect(told.answer).toBeUndefined()
  await w.clock.advance(2)
  expect(told.answer?.confirmation).toBe('lease-waited-out')
})
