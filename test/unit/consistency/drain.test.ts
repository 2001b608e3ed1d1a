import { beforeEach, describe, expect, it } from 'vitest'
import { Drain } from '../../../src/application/consistency/drain.ts'
import { TrustedSessions } from '../../../src/application/consistency/gate.ts'
import { Lease, type Moment } from '../../../src/application/consistency/lease.ts'
import {
  type CachePort,
  type CacheSession,
  CacheUnusable,
} from '../../../src/application/consistency/ports/cache-port.ts'
import { FakeCache, FakeLog, FakeSession, TimerClock } from './fakes.ts'

class RecordingLease extends Lease {
  readonly steps: string[]

  constructor(clock: TimerClock, steps: string[]) {
    super(clock, 1000)
    this.steps = steps
  }

  override now(): Moment {
    this.steps.push('t0')
    return super.now()
  }

  override renew(since: Moment): void {
    this.steps.push('lease')
    super.renew(since)
  }
}

class RecordingTrust extends TrustedSessions {
  readonly steps: string[]

  constructor(steps: string[]) {
    super()
    this.steps = steps
  }

  override trust(session: CacheSession): void {
    this.steps.push('trust')
    super.trust(session)
  }
}

function world(reach: CachePort['reach'], alone = false) {
  const steps: string[] = []
  const clock = new TimerClock()
  const cache = new FakeCache(reach, steps)
  const log = new FakeLog(steps)
  const trusted = new RecordingTrust(steps)
  const lease = new RecordingLease(clock, steps)
  return { steps, clock, cache, log, trusted, lease, drain: new Drain(cache, log, trusted, lease, alone) }
}

/** What happened since the last call. */
function took(steps: string[]): string[] {
  return steps.splice(0)
}

describe('a drain of a shared cache', () => {
  let w: ReturnType<typeof world>

  beforeEach(async () => {
    w = world('shared')
  })

  it('takes its steps in the one order that is right', async () => {
    w.log.add('1', ['a', 'b'])
    w.log.add('2', ['b'])
    const outcome = await w.drain.run()
    expect(took(w.steps)).toEqual([
      't0',
      'session',
      'kept',
      'invalidate a,b',
      'trust',
      'markApplied 1,2',
      'lease',
    ])
    expect(outcome).toEqual({ invalidated: true, selected: new Set(['1', '2']) })
  })

  it('asks a session without pending rows whether it still is the master', async () => {
    await w.drain.run()
    took(w.steps)
    await w.drain.run()
    expect(took(w.steps)).toEqual(['t0', 'session', 'pending', 'invalidate', 'trust', 'lease'])
  })

  it('replays every kept row, applied ones too, on each new session', async () => {
    w.log.add('1', ['a'])
    await w.drain.run()
    w.cache.present = new FakeSession(w.steps)
    w.log.add('2', ['b'])
    took(w.steps)
    const { selected } = await w.drain.run()
    expect(took(w.steps)).toContain('invalidate a,b')
    expect(selected).toEqual(new Set(['2']))
    expect(w.trusted.has(w.cache.present)).toBe(true)
  })

  it('invalidates and trusts the session it took, though a newer one came while it selected', async () => {
    const old = w.cache.present!
    const kept = w.log.kept.bind(w.log)
    w.log.kept = async () => {
      w.cache.present = new FakeSession(w.steps)
      return kept()
    }
    await w.drain.run()
    expect(w.trusted.has(old)).toBe(true)
    expect(w.trusted.has(w.cache.present!)).toBe(false)
  })

  it('gives a lease that counts from before the rows were selected', async () => {
    const kept = w.log.kept.bind(w.log)
    w.log.kept = async () => {
      await w.clock.advance(700)
      return kept()
    }
    await w.drain.run()
    expect(w.lease.ageMs).toBe(700)
  })

  it('invalidates a great many tags in several commands, and trusts only after the last', async () => {
    w.log.add(
      '1',
      Array.from({ length: 2500 }, (_, i) => `t${i}`),
    )
    await w.drain.run()
    const commands = took(w.steps).filter((step) => /^(invalidate|trust)/.test(step))
    expect(commands.map((step) => step.split(',').length)).toEqual([1000, 1000, 500, 1])
    expect(commands.at(-1)).toBe('trust')
  })

  it('needs no second command for exactly a thousand tags', async () => {
    w.log.add(
      '1',
      Array.from({ length: 1000 }, (_, i) => `t${i}`),
    )
    await w.drain.run()
    expect(took(w.steps).filter((step) => step.startsWith('invalidate'))).toHaveLength(1)
  })

  it.each(['kept', 'invalidate', 'markApplied'] as const)('a failing %s leaves no lease', async (step) => {
    w.log.add('1', ['a'])
    const session = w.cache.present!
    if (step === 'invalidate') session.failing.set('invalidate', new CacheUnusable('timeout'))
    else w.log.failing.add(step)
    const outcome = await w.drain.run()
    expect(outcome.error).toBeInstanceOf(Error)
    expect(w.lease.holds).toBe(false)
    // Trust is a fact about the session: a mark that failed later does not change it.
    expect(w.trusted.has(session)).toBe(step === 'markApplied')
    expect(outcome.invalidated).toBe(step === 'markApplied')
    expect(outcome.selected).toEqual(step === 'kept' ? undefined : new Set(['1']))
    expect(w.log.rows[0]!.applied).toBe(false)
  })

  it('a failing select of pending rows takes nothing away, and gives nothing', async () => {
    await w.drain.run()
    const before = w.lease.ageMs
    await w.clock.advance(10)
    w.log.failing.add('pending')
    await w.drain.run()
    expect(w.lease.ageMs).toBe(before! + 10)
  })

  it('without a session it selects, and neither marks nor gives a lease', async () => {
    w.log.add('1', ['a'])
    w.cache.present = undefined
    const outcome = await w.drain.run()
    expect(took(w.steps)).toEqual(['t0', 'session', 'pending'])
    expect(outcome).toMatchObject({ invalidated: false, selected: new Set(['1']) })
    expect(outcome.error).toMatchObject({ reason: 'unreachable' })
  })

  it('a second failing replay command leaves the session untrusted', async () => {
    w.log.add(
      '1',
      Array.from({ length: 1500 }, (_, i) => `t${i}`),
    )
    const session = w.cache.present!
    const invalidate = session.invalidate.bind(session)
    let calls = 0
    session.invalidate = async (tags) => {
      calls += 1
      if (calls === 2) throw new CacheUnusable('timeout')
      await invalidate(tags)
    }
    expect((await w.drain.run()).invalidated).toBe(false)
    expect(w.trusted.has(session)).toBe(false)
  })
})

describe('a drain without a cache', () => {
  it('marks rows: no instance could serve what they invalidate', async () => {
    const w = world('none')
    w.log.add('1', ['a'])
    expect(await w.drain.run()).toEqual({ invalidated: true, selected: new Set(['1']) })
    expect(w.log.rows[0]!.applied).toBe(true)
  })
})

describe('a drain of a private cache with other instances', () => {
  let w: ReturnType<typeof world>

  beforeEach(async () => {
    w = world('private')
    await w.drain.run()
    took(w.steps)
  })

  it('applies rows that another instance has marked, each once', async () => {
    w.log.add('1', ['a'], true)
    await w.drain.run()
    expect(took(w.steps)).toContain('invalidate a')
    await w.drain.run()
    expect(took(w.steps)).toContain('invalidate')
  })

  it('applies a lower id that committed later', async () => {
    w.log.add('2', ['b'])
    await w.drain.run()
    took(w.steps)
    w.log.add('1', ['a'])
    await w.drain.run()
    expect(took(w.steps)).toContain('invalidate a')
  })

  it('asks only for what was not committed when it last applied everything', async () => {
    w.log.add('1', ['a'])
    await w.drain.run()
    await w.drain.run()
    expect(took(w.steps).filter((step) => step.startsWith('kept'))).toEqual(['kept since', 'kept since'])
    const { steps, drain } = world('private')
    await drain.run()
    expect(took(steps)).toContain('kept')
  })

  it('applies and marks again what it could not mark', async () => {
    w.log.add('1', ['a'])
    w.log.failing.add('markApplied')
    await w.drain.run()
    expect(w.log.rows[0]!.applied).toBe(false)
    w.log.failing.clear()
    took(w.steps)
    await w.drain.run()
    expect(took(w.steps)).toEqual(expect.arrayContaining(['invalidate a', 'markApplied 1']))
    await w.drain.run()
    expect(took(w.steps)).not.toContain('invalidate a')
  })

  it('applies again what a failed drain did not', async () => {
    w.log.add('1', ['a'])
    w.cache.present!.failing.set('invalidate', new CacheUnusable('timeout'))
    await w.drain.run()
    w.cache.present!.failing.clear()
    took(w.steps)
    await w.drain.run()
    expect(took(w.steps)).toContain('invalidate a')
  })

  it('drops everything when rows were swept meanwhile, and has no lease until the next drain', async () => {
    const before = w.cache.present!
    w.log.add('1', ['a'], true)
    await w.log.sweep()
    await w.clock.advance(1000)
    const outcome = await w.drain.run()
    expect(outcome.invalidated).toBe(false)
    expect(outcome.error).toMatchObject({ reason: 'no-lease' })
    expect(took(w.steps)).toContain('reset')
    expect(w.lease.holds).toBe(false)
    expect(w.trusted.has(w.cache.present!)).toBe(false)
    await w.drain.run()
    expect(w.lease.holds).toBe(true)
    expect(w.cache.present).not.toBe(before)
    expect(w.trusted.has(w.cache.present!)).toBe(true)
  })

  it('does not take the first count it sees for a sweep', async () => {
    const late = world('private')
    late.log.sweeps = 7
    await late.drain.run()
    expect(late.steps).not.toContain('reset')
    expect(late.lease.holds).toBe(true)
  })
})

describe('a drain of a private cache that is alone', () => {
  it('counts on its own marks, and a sweep costs nothing', async () => {
    const w = world('private', true)
    await w.drain.run()
    w.log.add('1', ['a'])
    await w.drain.run()
    await w.log.sweep()
    took(w.steps)
    await w.drain.run()
    expect(took(w.steps)).toEqual(['t0', 'session', 'pending', 'invalidate', 'trust', 'lease'])
  })
})
