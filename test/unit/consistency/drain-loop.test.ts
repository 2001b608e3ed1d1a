import { beforeEach, describe, expect, it } from 'vitest'
import { Drain, type DrainOutcome } from '../../../src/application/consistency/drain.ts'
import { DrainLoop } from '../../../src/application/consistency/drain-loop.ts'
import { Lease, TrustedSessions } from '../../../src/application/consistency/lease.ts'
import { deferred, FakeCache, FakeLog, settled, TimerClock } from './fakes.ts'

const LEASE_MS = 900
const PACE_MS = LEASE_MS / 3

let clock: TimerClock
let log: FakeLog
/** When each drain began, by the monotonic clock. */
let began: number[]
/** Holds drains back while it is set. */
let held: ReturnType<typeof deferred<void>> | undefined
let outcomes: DrainOutcome[]
let loop: DrainLoop

beforeEach(() => {
  clock = new TimerClock()
  log = new FakeLog()
  began = []
  held = undefined
  outcomes = []
  const pending = log.pending.bind(log)
  log.pending = async () => {
    began.push(clock.monotonicMs)
    await held?.promise
    return pending()
  }
  const drain = new Drain(new FakeCache('none'), log, new TrustedSessions(), new Lease(clock, LEASE_MS))
  loop = new DrainLoop(drain, clock, LEASE_MS, (outcome) => outcomes.push(outcome))
})

describe('the drain loop', () => {
  it('begins a drain every third of the lease', async () => {
    await loop.start()
    await clock.advance(3 * PACE_MS)
    expect(began).toEqual([0, PACE_MS, 2 * PACE_MS, 3 * PACE_MS])
    expect(outcomes).toHaveLength(4)
    await loop.finish()
  })

  it('counts the pace from the beginning of a drain, and follows a slow one at once', async () => {
    held = deferred()
    const started = loop.start()
    await clock.advance(2 * PACE_MS)
    held.resolve()
    await started
    await clock.advance(1)
    expect(began).toEqual([0, 2 * PACE_MS])
    await loop.finish()
  })

  it('takes no rest after a drain that took its whole time', async () => {
    held = deferred()
    const started = loop.start()
    await clock.advance(PACE_MS)
    held.resolve()
    await started
    await clock.advance(0)
    expect(clock.sleeps).not.toContain(0)
    await loop.finish()
  })

  it('goes on without a pause while a drain is behind', async () => {
    const cache = new FakeCache('shared')
    cache.present!.invalidate = async (tags) => {
      if (tags.length > 0) clock.pass(LEASE_MS / 6)
    }
    log.pieceRows = 1
    for (const id of ['1', '2', '3', '4', '5']) log.add(id, [`t${id}`], true)
    const drain = new Drain(cache, log, new TrustedSessions(), new Lease(clock, LEASE_MS))
    loop = new DrainLoop(drain, clock, LEASE_MS, (outcome) => outcomes.push(outcome))
    await loop.start()
    await settled()
    expect(outcomes.map(({ behind }) => behind)).toEqual([true, true, undefined])
    expect(clock.sleeps).toHaveLength(1)
    await loop.finish()
  })

  it('keeps its pace when drains fail', async () => {
    log.failing.add('pending')
    await loop.start()
    await clock.advance(10 * PACE_MS)
    expect(began).toHaveLength(11)
    expect(outcomes.every((outcome) => outcome.error !== undefined)).toBe(true)
    await loop.finish()
  })

  it('is woken by a write', async () => {
    await loop.start()
    await clock.advance(PACE_MS / 2)
    await loop.next()
    expect(began).toEqual([0, PACE_MS / 2])
    await loop.finish()
  })

  it('lets writes that ask during a drain share the next one, never the one under way', async () => {
    await loop.start()
    held = deferred()
    const first = loop.next()
    await clock.advance(1)
    const order: string[] = []
    const during = [1, 2, 3].map(() => loop.next().then(() => order.push('shared')))
    first.then(() => order.push('first'))
    held.resolve()
    await Promise.all([first, ...during])
    expect(order).toEqual(['first', 'shared', 'shared', 'shared'])
    expect(began).toHaveLength(3)
    await loop.finish()
  })

  it('pauses for no write that asks during a drain, be it the only one', async () => {
    await loop.start()
    held = deferred()
    const first = loop.next()
    await clock.advance(1)
    const second = loop.next()
    held.resolve()
    await Promise.all([first, second])
    expect(began).toEqual([0, 0, 1])
    await loop.finish()
  })

  it('ends with all that its last drain came to, not with what the writes were told', async () => {
    await loop.start()
    log.add('1', ['a'])
    log.failing.add('markApplied')
    expect(await loop.finish()).toMatchObject({ invalidated: true, error: expect.any(Error) })
  })

  it('lets writes that ask together share one drain, which begins after the last of them asked', async () => {
    await loop.start()
    const shared = await Promise.all([loop.next(), loop.next(), loop.next()])
    expect(new Set(shared).size).toBe(1)
    expect(began).toHaveLength(2)
    await loop.finish()
  })

  it('does not hurry for a write whose first drain did not help', async () => {
    await loop.start()
    const waiting = loop.nextUnhurried('1', new AbortController().signal)
    await clock.advance(LEASE_MS / 10 - 1)
    expect(began).toHaveLength(1)
    await clock.advance(1)
    await waiting
    expect(began).toEqual([0, LEASE_MS / 10])
    await loop.finish()
  })

  it('finishes with one last drain, which takes what is still pending, and then no more', async () => {
    await loop.start()
    log.add('1', ['a'])
    const last = await loop.finish()
    expect(last).toEqual({ invalidated: true, heard: true, found: 1, holders: [] })
    expect(log.rows[0]!.applied).toBe(true)
    await clock.advance(10 * PACE_MS)
    expect(began).toHaveLength(2)
    expect(clock.timers).toBe(0)
  })

  it('finishes during a drain with another after it', async () => {
    await loop.start()
    held = deferred()
    loop.next()
    await clock.advance(1)
    const last = loop.finish()
    held.resolve()
    expect(await last).toBe(outcomes[2])
    expect(began).toHaveLength(3)
  })
})
