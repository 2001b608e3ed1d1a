import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CircuitBreaker } from '../../../src/adapters/cache/circuit-breaker.ts'
import { CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'
import { ManualClock } from '../../contract/sources.ts'

const never = () => new Promise<string>(() => {})
const unreachable = async () => {
  throw new CacheUnusable('unreachable')
}

/** Deadlines pass when a test says so. */
class Deadlines {
  readonly running = new Map<() => void, number>()

  readonly start = (ms: number, expire: () => void) => {
    this.running.set(expire, ms)
    return () => void this.running.delete(expire)
  }

  pass(): void {
    for (const expire of this.running.keys()) expire()
  }
}

let clock: ManualClock
let deadlines: Deadlines
let breaker: CircuitBreaker

beforeEach(() => {
  clock = new ManualClock()
  deadlines = new Deadlines()
  breaker = new CircuitBreaker(clock, deadlines.start)
})

afterEach(() => {
  vi.useRealTimers()
})

async function openBreaker(): Promise<void> {
  for (let i = 0; i < 5; i++) await expect(breaker.run(50, unreachable)).rejects.toThrow(CacheUnusable)
}

describe('the deadline', () => {
  it('is no business of a call that is answered in time', async () => {
    expect(await breaker.run(50, async () => 'answer')).toBe('answer')
    await turn()
    expect(deadlines.running.size).toBe(0)
  })

  it('runs for as long as it was said', () => {
    void breaker.run(70, never)
    expect([...deadlines.running.values()]).toEqual([70])
  })

  it('fails the call as a timeout', async () => {
    const late = breaker.run(50, never)
    deadlines.pass()
    await expect(late).rejects.toMatchObject({ reason: 'timeout' })
  })

  it('by the real clock, too', async () => {
    await expect(new CircuitBreaker(clock).run(5, never)).rejects.toMatchObject({ reason: 'timeout' })
  })

  it('leaves no timer behind', async () => {
    vi.useFakeTimers()
    expect(await new CircuitBreaker(clock).run(50, async () => 'answer')).toBe('answer')
    await Promise.resolve()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the breaker', () => {
  it('opens after five failures in a row, and then sends nothing', async () => {
    expect(breaker.state).toBe('closed')
    await openBreaker()
    expect(breaker.state).toBe('open')
    let sent = false
    const call = breaker.run(50, async () => {
      sent = true
    })
    await expect(call).rejects.toMatchObject({ name: 'CacheUnusable', reason: 'breaker-open' })
    expect(sent).toBe(false)
  })

  it('counts failures in a row only', async () => {
    for (let i = 0; i < 4; i++) await expect(breaker.run(50, unreachable)).rejects.toThrow()
    await breaker.run(50, async () => 'answer')
    for (let i = 0; i < 4; i++) await expect(breaker.run(50, unreachable)).rejects.toThrow()
    expect(breaker.state).toBe('closed')
  })

  it('does not count what is no failure of the server', async () => {
    const bug = async () => {
      throw new TypeError('ours')
    }
    for (let i = 0; i < 6; i++) await expect(breaker.run(50, bug)).rejects.toThrow(TypeError)
    expect(breaker.state).toBe('closed')
  })

  it('lets one call probe after 250 ms, refuses others meanwhile, and closes when it is answered', async () => {
    await openBreaker()
    clock.advance(249)
    await expect(breaker.run(50, async () => 'too early')).rejects.toMatchObject({ reason: 'breaker-open' })
    clock.advance(1)
    const answer = Promise.withResolvers<string>()
    const probe = breaker.run(50, () => answer.promise)
    expect(breaker.state).toBe('half-open')
    await expect(breaker.run(50, async () => 'too early')).rejects.toMatchObject({ reason: 'breaker-open' })
    answer.resolve('back')
    expect(await probe).toBe('back')
    expect(breaker.state).toBe('closed')
  })

  it('stays open as long again after a probe that fails', async () => {
    await openBreaker()
    clock.advance(250)
    await expect(breaker.run(50, unreachable)).rejects.toMatchObject({ reason: 'unreachable' })
    clock.advance(249)
    await expect(breaker.run(50, async () => 'too early')).rejects.toMatchObject({ reason: 'breaker-open' })
    clock.advance(1)
    expect(await breaker.run(50, async () => 'back')).toBe('back')
  })

  it.each([-3_600_000, 3_600_000])(
    'is open no longer and no shorter when the wall clock is set by %i ms',
    async (step) => {
      await openBreaker()
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + step })
      clock.advance(249)
      await expect(breaker.run(50, async () => 'too early')).rejects.toMatchObject({ reason: 'breaker-open' })
      clock.advance(1)
      expect(await breaker.run(50, async () => 'back')).toBe('back')
    },
  )

  it('sends in the very tick of the call, so that the permit just checked still holds', () => {
    let sent = false
    void breaker.run(50, async () => {
      sent = true
    })
    expect(sent).toBe(true)
  })
})
