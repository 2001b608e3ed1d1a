import { beforeEach, describe, expect, it } from 'vitest'
import { Drain } from '../../../src/application/consistency/drain.ts'
import { DrainLoop } from '../../../src/application/consistency/drain-loop.ts'
import { Lease, TrustedSessions } from '../../../src/application/consistency/lease.ts'
import { type CachePort, CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'
import type { Holder } from '../../../src/application/consistency/ports/invalidation-log.ts'
import { type WaitedFor, WriteConfirmation } from '../../../src/application/consistency/write-confirmation.ts'
import { deferred, FakeCache, FakeLog, TimerClock, transactionOf } from './fakes.ts'

const LEASE_MS = 1000
const WAIT_MS = 1020

const holder = (id: string, about: Partial<Holder> = {}): Holder => {
  return { id, retired: false, connected: true, ...about }
}

interface World {
  readonly clock: TimerClock
  readonly cache: FakeCache
  readonly log: FakeLog
  readonly loop: DrainLoop
  /** Confirms the row `1` with the tag `a`, committed now; `answer` is set when it may be answered. */
  readonly confirm: (committedAt?: number) => {
    answer?: { confirmation: string; at: number }
    waitedFor?: WaitedFor | undefined
  }
}

async function world(reach: CachePort['reach'], holders: Holder[] = []): Promise<World> {
  const clock = new TimerClock()
  const cache = new FakeCache(reach)
  const log = new FakeLog()
  log.holders = holders
  const drain = new Drain(cache, log, new TrustedSessions(), new Lease(clock, LEASE_MS))
  const loop = new DrainLoop(drain, clock, LEASE_MS, () => {})
  const confirmation = new WriteConfirmation(log, loop, clock, LEASE_MS)
  await loop.start()
  return {
    clock,
    cache,
    log,
    loop,
    confirm: (committedAt = clock.monotonicMs) => {
      const told: ReturnType<World['confirm']> = {}
      confirmation
        .confirm({ transaction: transactionOf('1'), tags: ['a'] }, committedAt)
        .then(({ confirmation: how, waitedFor }) => {
          told.answer = { confirmation: how, at: clock.monotonicMs }
          told.waitedFor = waitedFor
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

  it('is answered when its stamps are gone, before its row is marked', async () => {
    const { promise, resolve } = deferred<void>()
    w.log.markApplied = () => promise
    const told = w.confirm()
    await w.clock.advance(0)
    expect(told.answer).toEqual({ confirmation: 'invalidated', at: 0 })
    resolve()
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
    expect(told.waitedFor?.reason).toBe('log')
  })

  it('without a session, waits for another instance or the lease', async () => {
    w.cache.present = undefined
    const told = w.confirm()
    await w.clock.advance(WAIT_MS - 1)
    expect(told.answer).toBeUndefined()
    await w.clock.advance(1)
    expect(told.answer?.confirmation).toBe('lease-waited-out')
    expect(told.waitedFor).toEqual({ reason: 'cache', holders: [] })
  })
})

describe('a write to a private cache', () => {
  it('is answered once a drain has deleted its stamps, when it is the only holder', async () => {
    const w = await world('private')
    w.log.add('1', ['a'])
    const told = w.confirm()
    await w.clock.advance(0)
    expect(told.answer).toEqual({ confirmation: 'invalidated', at: 0 })
    expect(w.cache.steps).toContain('invalidate a')
    await w.loop.finish()
    expect(w.clock.timers).toBe(0)
  })

  it.each(['kept', 'tell'] as const)('waits for the lease when the log fails at «%s»', async (step) => {
    const w = await world('private', [holder('x')])
    w.log.failing.add(step)
    w.log.add('1', ['a'])
    const told = w.confirm()
    await w.clock.advance(WAIT_MS - 1)
    expect(told.answer).toBeUndefined()
    await w.clock.advance(1)
    expect(told.answer).toEqual({ confirmation: 'lease-waited-out', at: WAIT_MS })
  })

  it('a log that does not answer at all is waited for no longer than that', async () => {
    const w = await world('private')
    w.log.kept = () => new Promise(() => {})
    const told = w.confirm()
    await w.clock.advance(WAIT_MS)
    expect(told.answer).toEqual({ confirmation: 'lease-waited-out', at: WAIT_MS })
  })

  it('that fails costs the wait for a lease, and not the answer', async () => {
    const w = await world('private')
    w.log.add('1', ['a'])
    w.cache.present!.failing.set('invalidate', new CacheUnusable('unreachable'))
    const told = w.confirm()
    await w.clock.advance(WAIT_MS - 1)
    expect(told.answer).toBeUndefined()
    await w.clock.advance(2)
    expect(told.answer?.confirmation).toBe('lease-waited-out')
  })
})

describe.each(['private', 'shared', 'none'] as const)(
  'a write with holders elsewhere (own cache: %s)',
  (reach) => {
    let w: World

    const begun = async (...holders: Holder[]) => {
      w = await world(reach, holders)
      w.log.add('1', ['a'])
      const told = w.confirm()
      await w.clock.advance(0)
      return told
    }

    it('wakes them, and is answered as soon as the last of them has acknowledged its transaction', async () => {
      const told = await begun(holder('x'), holder('y'))
      expect(w.log.steps.filter((step) => step.startsWith('tell')).join()).toMatch(/wake$/)
      w.log.acknowledge('x', 't1')
      w.log.acknowledge('y', 't0')
      await w.clock.advance(1)
      expect(told.answer).toBeUndefined()
      w.log.acknowledge('y', 't0', 't1')
      await w.clock.advance(1)
      expect(told.answer).toEqual({ confirmation: 'invalidated', at: 1 })
      await w.loop.finish()
      expect(w.clock.timers).toBe(0)
    })

    it('waits for one that is retired, too, and no longer than its lease', async () => {
      const told = await begun(holder('x', { retired: true }))
      await w.clock.advance(WAIT_MS - 1)
      expect(told.answer).toBeUndefined()
      await w.clock.advance(1)
      expect(told.answer).toEqual({ confirmation: 'lease-waited-out', at: WAIT_MS })
    })

    it('retires the one that it has waited out, and none that has acknowledged', async () => {
      const told = await begun(holder('x'), holder('y'))
      w.log.acknowledge('x', 't1')
      await w.clock.advance(WAIT_MS)
      expect(told.answer?.confirmation).toBe('lease-waited-out')
      expect(w.log.steps).toContain('retire y')
      expect(told.waitedFor).toEqual({ reason: 'holders', holders: ['y'] })
    })

    it('does not wait for one that a later look at the list no longer finds', async () => {
      const told = await begun(holder('x'))
      await w.log.remove(['x'])
      await w.clock.advance(LEASE_MS / 10)
      expect(told.answer?.confirmation).toBe('invalidated')
    })

    it('takes no word that comes over a later connection than the one at its commit', async () => {
      const told = await begun(holder('x'))
      w.log.reconnect()
      w.log.acknowledge('x', 't1')
      await w.clock.advance(WAIT_MS - 1)
      expect(told.answer).toBeUndefined()
      await w.clock.advance(1)
      expect(told.answer?.confirmation).toBe('lease-waited-out')
      expect(w.log.steps).not.toContain('retire x')
    })
  },
)

describe('a write without a cache', () => {
  it('is answered after the drain that marks it', async () => {
    const w = await world('none')
    w.log.add('1', ['a'])
    const told = w.confirm()
    await w.clock.advance(0)
    expect(told.answer).toEqual({ confirmation: 'invalidated', at: 0 })
  })
})
