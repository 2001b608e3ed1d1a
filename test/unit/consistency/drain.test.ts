import { beforeEach, describe, expect, it } from 'vitest'
import { Drain, type DrainOutcome } from '../../../src/application/consistency/drain.ts'
import { Lease, type Moment, TrustedSessions } from '../../../src/application/consistency/lease.ts'
import {
  type CachePort,
  type CacheSession,
  CacheUnusable,
} from '../../../src/application/consistency/ports/cache-port.ts'
import { type Holder, LogOverdue } from '../../../src/application/consistency/ports/invalidation-log.ts'
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

function world(reach: CachePort['reach']) {
  const steps: string[] = []
  const clock = new TimerClock()
  const cache = new FakeCache(reach, steps)
  const log = new FakeLog(steps)
  const trusted = new RecordingTrust(steps)
  const lease = new RecordingLease(clock, steps)
  return { steps, clock, cache, log, trusted, lease, drain: new Drain(cache, log, trusted, lease) }
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
    const answers: DrainOutcome[] = []
    const outcome = await w.drain.run({
      invalidated: (answer) => {
        w.steps.push('answer')
        answers.push(answer)
      },
    })
    expect(took(w.steps)).toEqual([
      ...['t0', 'session'],
      ...['kept', 'invalidate a,b', 'trust'],
      ...['pending', 'invalidate a,b', 'lease', 'answer', 'markApplied 1,2'],
    ])
    expect(outcome).toEqual({ invalidated: true, heard: true, found: 2, holders: [] })
    expect(answers).toEqual([outcome])
  })

  it('asks a session without pending rows whether it still is the master', async () => {
    await w.drain.run()
    took(w.steps)
    await w.drain.run()
    expect(took(w.steps)).toEqual(['t0', 'session', 'pending since', 'invalidate', 'lease'])
  })

  it('replays every kept row, applied ones too, on each new session', async () => {
    w.log.add('1', ['a'])
    await w.drain.run()
    w.cache.present = new FakeSession(w.steps)
    w.log.add('2', ['b'])
    took(w.steps)
    const { found } = await w.drain.run()
    expect(took(w.steps)).toContain('invalidate a,b')
    expect(found).toBe(1)
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
    const pending = w.log.pending.bind(w.log)
    w.log.pending = async () => {
      await w.clock.advance(700)
      return pending()
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
    expect(commands.slice(0, 4).map((step) => step.split(',').length)).toEqual([1000, 1000, 500, 1])
    expect(commands[3]).toBe('trust')
  })

  it('needs no second command for exactly a thousand tags', async () => {
    w.log.add(
      '1',
      Array.from({ length: 1000 }, (_, i) => `t${i}`),
    )
    await w.drain.run()
    expect(
      took(w.steps)
        .slice(0, 5)
        .filter((step) => step.startsWith('invalidate')),
    ).toHaveLength(1)
  })

  it.each(['kept', 'pending', 'invalidate'] as const)('a failing %s leaves no lease', async (step) => {
    w.log.add('1', ['a'])
    const session = w.cache.present!
    if (step === 'invalidate') session.failing.set('invalidate', new CacheUnusable('timeout'))
    else w.log.failing.add(step)
    const outcome = await w.drain.run({ awaited: ['t1', 't2'] })
    expect(outcome.error).toBeInstanceOf(Error)
    expect(w.lease.holds).toBe(false)
    // Trust is a fact about the session: what fails later does not change it.
    expect(w.trusted.has(session)).toBe(step === 'pending')
    expect(outcome.invalidated).toBe(false)
    // A log that does not answer is not asked what is left.
    expect(outcome.backlog?.awaited).toEqual(step === 'invalidate' ? new Set(['t1']) : undefined)
    expect(outcome.heard).toBe(step !== 'kept')
    expect(w.log.rows[0]!.applied).toBe(false)
  })

  it('a log that answers that it takes too long is heard: slow is not silent', async () => {
    const late = async () => {
      throw new LogOverdue(undefined)
    }
    w.log.kept = late
    expect(await w.drain.run()).toMatchObject({ heard: true, error: expect.any(LogOverdue) })
    w.cache.present = undefined
    w.log.backlog = late
    expect(await w.drain.run()).toMatchObject({ heard: true, invalidated: false })
  })

  it('a mark that fails takes neither the lease nor the answer: the stamps are gone', async () => {
    w.log.add('1', ['a'])
    w.log.failing.add('markApplied')
    expect(await w.drain.run()).toMatchObject({ invalidated: true, heard: true, error: expect.any(Error) })
    expect(w.lease.holds).toBe(true)
    w.log.failing.clear()
    await w.drain.run()
    expect(w.log.rows[0]!.applied).toBe(true)
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
    expect(took(w.steps)).toEqual(['t0', 'session', 'backlog'])
    expect(outcome).toMatchObject({ invalidated: false, heard: true, backlog: { rows: 1 } })
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
    expect(await w.drain.run()).toEqual({ invalidated: true, heard: true, found: 1, holders: [] })
    expect(w.log.rows[0]!.applied).toBe(true)
  })
})

describe('a drain of a private cache', () => {
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

  it('drops everything when rows were swept that it never saw, and has no lease until the next drain', async () => {
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

  it('keeps everything when rows are swept that it has applied', async () => {
    w.log.add('1', ['a'], true)
    await w.drain.run()
    await w.log.sweep()
    await w.drain.run()
    expect(w.steps).not.toContain('reset')
    expect(w.lease.holds).toBe(true)
  })

  it('starts empty, and so without the rows of before, however many are kept or were swept', async () => {
    const late = world('private')
    late.log.add('1', ['a'], true)
    await late.log.sweep()
    late.log.add('2', ['b'], true)
    await late.drain.run()
    expect(late.steps).not.toContain('reset')
    expect(late.steps.filter((step) => step.startsWith('kept'))).toEqual([])
    expect(late.lease.holds).toBe(true)
  })

  it('applies every kept row again when its position was of another connection', async () => {
    w.log.add('1', ['a'], true)
    await w.drain.run()
    w.log.reconnect()
    took(w.steps)
    await w.drain.run()
    expect(took(w.steps)).toEqual([
      ...['t0', 'session', 'register me2 for me1', 'kept since', 'invalidate a'],
      ...['kept since', 'invalidate', 'trust', 'lease'],
    ])
  })
})

describe('a private cache that catches up after its log’s connection was lost', () => {
  it('marks what it finds pending: no later drain of it looks at these rows, and unmarked they are never swept', async () => {
    const w = world('private')
    await w.drain.run()
    w.log.add('1', ['a'])
    w.log.reconnect()
    await w.drain.run()
    await w.drain.run()
    expect(w.log.rows.map(({ applied }) => applied)).toEqual([true])
  })
})

describe('a holder', () => {
  const other = (id: string, about: Partial<Holder> = {}): Holder => {
    return { id, retired: false, connected: true, ...about }
  }
  let w: ReturnType<typeof world>

  beforeEach(() => {
    w = world('private')
  })

  it('is on the list before it reads the log, and acknowledges before it has a lease', async () => {
    w.log.holders = [other('x')]
    w.log.add('1', ['a'])
    await w.drain.run({ invalidated: () => w.steps.push('answer') })
    expect(took(w.steps)).toEqual([
      ...['t0', 'session', 'register me1', 'pending'],
      ...['invalidate a', 'trust', 'tell me1', 'lease', 'answer', 'markApplied 1'],
    ])
    expect(w.log.acknowledgements.lacking([other('me1')], 't1')).toEqual([])
  })

  it('says nothing when nothing is new and no write waits, nor when it is the only one', async () => {
    w.log.add('1', ['a'])
    await w.drain.run({ awaited: ['t1'] })
    w.log.holders.push(other('x'))
    await w.drain.run()
    expect(w.steps.filter((step) => step.startsWith('tell'))).toEqual([])
  })

  it('tells the others when one of them waits, and wakes them when a write of its own does', async () => {
    w.log.holders = [other('x')]
    await w.drain.run({ woken: true })
    await w.drain.run({ awaited: ['t1'] })
    expect(w.steps.filter((step) => step.startsWith('tell'))).toEqual(['tell me1', 'tell me1 wake'])
  })

  it('wakes the others for a single write, also when its own drain could not reach the cache', async () => {
    w.log.holders = [other('x')]
    await w.drain.run()
    took(w.steps)
    w.cache.present!.failing.set('invalidate', new CacheUnusable('timeout'))
    await w.drain.run({ awaited: ['t1'] })
    expect(took(w.steps).filter((step) => step.startsWith('tell'))).toEqual(['tell wake'])
  })

  it.each(['retired', 'taken off the list'])('that was %s has no lease, and registers anew', async (how) => {
    await w.drain.run()
    await w.clock.advance(1000)
    await (how === 'retired' ? w.log.retire(['me1']) : w.log.remove(['me1']))
    took(w.steps)
    expect(await w.drain.run({ awaited: ['t1'] })).toMatchObject({ invalidated: true, behind: true })
    expect(w.lease.holds).toBe(false)
    expect(w.log.acknowledgements.lacking([other('me1')], 't1')).toHaveLength(1)
    await w.drain.run()
    expect(took(w.steps)).toContain('register me2 for me1')
    expect(w.lease.holds).toBe(true)
    expect(w.log.holders.map(({ id }) => id)).toEqual(['me2'])
  })

  it('registers anew over another connection of the log, and acknowledges nothing that it read over the one before', async () => {
    await w.drain.run()
    const kept = w.log.kept.bind(w.log)
    w.log.kept = async (...look) => {
      const piece = await kept(...look)
      w.log.reconnect()
      return piece
    }
    w.log.add('1', ['a'])
    await w.drain.run()
    expect(w.log.acknowledgements.lacking([other('me1')], 't1')).toHaveLength(1)
    w.log.kept = kept
    await w.drain.run()
    expect(w.steps).toContain('register me2 for me1')
  })

  it('acknowledges what the first of several looks saw, and not the last', async () => {
    await w.drain.run()
    w.log.pieceRows = 1
    w.log.add('2', ['b'])
    w.log.add('3', ['c'])
    const invalidate = w.cache.present!.invalidate.bind(w.cache.present)
    w.cache.present!.invalidate = async (tags) => {
      if (tags.includes('c')) w.log.add('1', ['late'])
      await invalidate(tags)
    }
    await w.drain.run()
    expect(w.log.acknowledgements.lacking(w.log.holders, 't3')).toEqual([])
    expect(w.log.acknowledgements.lacking(w.log.holders, 't1')).toHaveLength(1)
  })

  it('acknowledges nothing when the drain failed', async () => {
    await w.drain.run()
    w.log.add('1', ['a'])
    w.cache.present!.failing.set('invalidate', new CacheUnusable('timeout'))
    await w.drain.run()
    expect(w.log.acknowledgements.lacking(w.log.holders, 't1')).toHaveLength(1)
  })

  it('gives its lease up and then leaves the list', async () => {
    await w.drain.run()
    const remove = w.log.remove.bind(w.log)
    w.log.remove = async (ids) => {
      expect(w.lease.holds).toBe(false)
      await remove(ids)
    }
    await w.drain.leave()
    expect(w.log.holders).toEqual([])
  })
})

describe.each(['private', 'shared', 'none'] as const)(
  'the list of holders, to an instance whose cache is %s',
  (reach) => {
    const dead: Holder = { id: 'dead', retired: false, connected: false }

    it('loses one that has died: retired at once, and taken off once its lease has ended for certain', async () => {
      const w = world(reach)
      w.log.holders = [dead]
      await w.drain.run()
      expect(w.log.holders).toContainEqual({ ...dead, retired: true })
      await w.clock.advance(500)
      await w.drain.run()
      await w.clock.advance(1020)
      await w.drain.run()
      expect(w.log.holders.map(({ id }) => id)).toContain('dead')
      await w.clock.advance(1)
      await w.drain.run()
      expect(w.log.holders.map(({ id }) => id)).not.toContain('dead')
    })
  },
)

describe('a long log', () => {
  const steps = (w: ReturnType<typeof world>) =>
    took(w.steps).filter((step) => !['t0', 'session'].includes(step))
  let w: ReturnType<typeof world>

  beforeEach(async () => {
    w = world('shared')
    await w.drain.run()
    took(w.steps)
    w.log.pieceRows = 2
  })

  const write = (...ids: number[]) => {
    for (const id of ids) w.log.add(String(id), [`t${id}`])
  }

  it('is read, deleted and marked in pieces, and lease and answers come after the last deletion', async () => {
    write(1, 2, 3, 4, 5)
    const outcome = await w.drain.run({ invalidated: () => w.steps.push('answer') })
    expect(outcome).toEqual({ invalidated: true, heard: true, found: 5, holders: [] })
    // PostgreSQL reads the next piece while the stamps of one are deleted.
    expect(steps(w)).toEqual([
      ...['pending since', 'pending since after 2', 'invalidate t1,t2', 'markApplied 1,2'],
      ...['pending since after 4', 'invalidate t3,t4', 'markApplied 3,4'],
      ...['invalidate t5', 'lease', 'answer', 'markApplied 5'],
    ])
  })

  it('holds no more than two pieces at a time', async () => {
    write(1, 2, 3, 4, 5, 6, 7)
    let read = 0
    let applied = 0
    const [pending, mark] = [w.log.pending.bind(w.log), w.log.markApplied.bind(w.log)]
    w.log.pending = (...look) => {
      read += 1
      expect(read - applied).toBeLessThanOrEqual(2)
      return pending(...look)
    }
    w.log.markApplied = async (ids) => {
      applied += 1
      await mark(ids)
    }
    await w.drain.run()
    expect({ read, applied }).toEqual({ read: 4, applied: 4 })
  })

  it('gives no lease until all of it is applied, and what is marked stays marked', async () => {
    write(1, 2, 3, 4, 5)
    await w.clock.advance(1000)
    const session = w.cache.present!
    const invalidate = session.invalidate.bind(session)
    session.invalidate = async (tags) => {
      if (tags.includes('t3')) throw new CacheUnusable('timeout')
      await invalidate(tags)
    }
    const outcome = await w.drain.run({ awaited: ['t1', 't5'] })
    expect(outcome).toMatchObject({ invalidated: false, backlog: { awaited: new Set(['t5']), rows: 3 } })
    expect(w.lease.holds).toBe(false)
    session.invalidate = invalidate
    took(w.steps)
    expect(await w.drain.run()).toMatchObject({ invalidated: true, found: 3 })
    expect(steps(w)).not.toContain('invalidate t1,t2')
    expect(w.lease.holds).toBe(true)
  })

  it('finds a lower id that commits while later pieces are applied in the next drain', async () => {
    write(2, 3, 4, 5)
    const mark = w.log.markApplied.bind(w.log)
    w.log.markApplied = async (ids) => {
      if (ids.includes('4')) w.log.add('1', ['late'])
      await mark(ids)
    }
    await w.drain.run()
    expect(steps(w)).not.toContain('invalidate late')
    await w.drain.run()
    expect(steps(w)).toContain('invalidate late')
  })

  describe('that a new session has to catch up with', () => {
    beforeEach(() => {
      for (const id of [1, 2, 3, 4, 5]) w.log.add(String(id), [`t${id}`, 'common'], true)
      w.cache.present = new FakeSession(w.steps)
    })

    /** The cache takes so long, in ms, for every deletion. */
    const slow = (ms: number) => {
      const session = w.cache.present!
      const invalidate = session.invalidate.bind(session)
      session.invalidate = async (tags) => {
        await w.clock.advance(ms)
        await invalidate(tags)
      }
    }

    it('is read in pieces, a tag is deleted once, and the session is trusted after the last', async () => {
      await w.drain.run()
      expect(steps(w)).toEqual([
        ...['kept', 'kept after 2', 'invalidate t1,common,t2', 'kept after 4', 'invalidate t3,t4'],
        ...['invalidate t5', 'trust', 'pending since', 'invalidate', 'lease'],
      ])
    })

    it('takes several drains, each of which applies what is new and gives no lease before the session is trusted', async () => {
      slow(200)
      w.log.add('9', ['new'])
      const first = await w.drain.run()
      expect(first).toMatchObject({ invalidated: true, found: 1, behind: true })
      expect(steps(w)).toEqual([
        ...['kept', 'kept after 2', 'invalidate t1,common,t2', 'invalidate t3,t4'],
        ...['pending since', 'invalidate new', 'markApplied 9'],
      ])
      const second = await w.drain.run()
      expect(second.behind).toBeUndefined()
      expect(steps(w)).toEqual(
        expect.arrayContaining(['kept after 4', 'invalidate t5,new', 'trust', 'lease']),
      )
    })

    it('goes on after a failure where it was, and begins anew for another session', async () => {
      slow(0)
      const session = w.cache.present!
      const invalidate = session.invalidate.bind(session)
      session.invalidate = async (tags) => {
        if (tags.includes('t3')) throw new CacheUnusable('timeout')
        await invalidate(tags)
      }
      await w.drain.run()
      took(w.steps)
      await w.drain.run()
      expect(steps(w)[0]).toBe('kept after 2')
      w.cache.present = new FakeSession(w.steps)
      await w.drain.run()
      expect(steps(w).slice(0, 3)).toEqual(['kept', 'kept after 2', 'invalidate t1,common,t2'])
    })
  })
})
