import { beforeEach, describe, expect, it } from 'vitest'
import { BoundedCache } from '../../../src/application/consistency/bounded-cache.ts'
import { Drain } from '../../../src/application/consistency/drain.ts'
import { Lease, TrustedSessions } from '../../../src/application/consistency/lease.ts'
import {
  type CacheSession,
  CacheUnusable,
  problemOf,
} from '../../../src/application/consistency/ports/cache-port.ts'
import { FakeCache, FakeLog, FakeSession, Switch, settled, TimerClock } from './fakes.ts'

const DEADLINES = { lookupMs: 200, invalidateMs: 500, closeMs: 1000 }
const never = () => new Promise<never>(() => {})

let clock: TimerClock
let cache: FakeCache
let below: FakeSession
let bounded: BoundedCache
let told: string[]

beforeEach(() => {
  clock = new TimerClock()
  cache = new FakeCache('shared')
  below = cache.present!
  told = []
  bounded = new BoundedCache(cache, DEADLINES, clock, {
    failed: (call, error) => void told.push(`${call} ${problemOf(error).code}`),
    recovered: () => void told.push('recovered'),
  })
})

const session = (): CacheSession => bounded.session()!
const lookup = (each = session()) => each.lookup('key', ['tag'], new Switch())
const entry = {
  body: Buffer.from('1'),
  etag: '"1"',
  visibleTo: '',
  loadedAt: 0,
  expiresAt: 1,
  loadMs: 1,
}
const CALLS = {
  lookup: () => lookup(),
  store: () => session().store('key', ['tag'], entry, ['stamp'], 1000),
  invalidate: () => session().invalidate(['tag']),
  inspect: () => session().inspect('key', ['tag']),
}

describe('a call that fails', () => {
  it.each(Object.entries(CALLS))('by an error of any kind is a CacheUnusable: %s', async (name, call) => {
    const cause = new TypeError('undefined is not a function')
    Object.assign(below, { [name]: () => Promise.reject(cause) })
    await expect(call()).rejects.toMatchObject({ name: 'CacheUnusable', reason: 'unreachable', cause })
  })

  it.each(Object.entries(CALLS))('before it has a promise is one too: %s', async (name, call) => {
    Object.assign(below, {
      [name]: () => {
        throw 'no error at all'
      },
    })
    await expect(call()).rejects.toBeInstanceOf(CacheUnusable)
  })

  it('says why in the adapter’s own words where it has them', async () => {
    const error = new CacheUnusable('breaker-open')
    below.failing.set('lookup', error)
    await expect(lookup()).rejects.toBe(error)
  })

  it('is what a lookup without a stamp for each tag is', async () => {
    for (const answer of [undefined, {}, { fence: [] }, { fence: ['a', 'b'] }]) {
      Object.assign(below, { lookup: async () => answer })
      await expect(lookup()).rejects.toBeInstanceOf(CacheUnusable)
    }
  })

  it('costs no more than its deadline where it never ends', async () => {
    for (const [name, call] of Object.entries(CALLS)) {
      Object.assign(below, { [name]: never })
      const ended = call().then(
        () => 'answered',
        (error: CacheUnusable) => error.reason,
      )
      const patience = name === 'invalidate' ? DEADLINES.invalidateMs : DEADLINES.lookupMs
      let end: string | undefined
      void ended.then((reason) => {
        end = reason
      })
      await clock.advance(patience - 1)
      expect(end).toBeUndefined()
      await clock.advance(patience / 2 + 1)
      expect(end).toBe('timeout')
    }
  })

  it('is not made again for a while after five that never ended, and then by one reader', async () => {
    let asked = 0
    const hang = () => {
      asked += 1
      return never()
    }
    Object.assign(below, { lookup: hang })
    const reasons: string[] = []
    const read = () => lookup().catch((error: CacheUnusable) => reasons.push(error.reason))
    for (let i = 0; i < 4; i++) void read()
    await clock.advance(2 * DEADLINES.lookupMs)
    void read()
    expect(asked).toBe(5)
    await clock.advance(2 * DEADLINES.lookupMs)
    expect(reasons).toEqual(Array.from({ length: 5 }, () => 'timeout'))
    for (let i = 0; i < 3; i++) await read()
    expect(reasons.slice(5)).toEqual(['breaker-open', 'breaker-open', 'breaker-open'])
    expect(asked).toBe(5)
    await clock.advance(250)
    for (let i = 0; i < 3; i++) void read()
    await settled()
    expect(asked).toBe(6)
    // A drain is no reader: it goes on, and with it the lease.
    await session().invalidate(['tag'])
    await clock.advance(2 * DEADLINES.lookupMs + 250)
    Object.assign(below, { lookup: async () => ({ fence: ['stamp'] }) })
    await lookup()
    await lookup()
  })

  it('is made again at once over a new session', async () => {
    Object.assign(below, { lookup: never })
    for (let i = 0; i < 5; i++) void lookup().catch(() => undefined)
    await clock.advance(2 * DEADLINES.lookupMs)
    cache.reset()
    await lookup()
  })

  it('does not hang the end of the process', async () => {
    Object.assign(cache, { close: never })
    const closed = bounded.close()
    await clock.advance(DEADLINES.closeMs * 1.5)
    await closed
    Object.assign(cache, { close: () => Promise.reject(new Error('no')) })
    await bounded.close()
  })

  it('is not what a session or a state is that throws: there is none', () => {
    Object.assign(cache, {
      session: () => {
        throw new Error('no session')
      },
      health: () => {
        throw new Error('no health')
      },
    })
    expect(bounded.session()).toBeUndefined()
    expect(bounded.health()).toMatchObject({ connected: false, problem: { message: 'session: no session' } })
  })
})

it('an answer that comes after the deadline is dropped', async () => {
  const answers: ((value: never) => void)[] = []
  Object.assign(below, { lookup: () => new Promise((resolve) => answers.push(resolve)) })
  const first = lookup().catch((error: CacheUnusable) => error.reason)
  await clock.advance(400)
  expect(await first).toBe('timeout')
  answers[0]!({ fence: ['late'] } as never)
  await settled()
  expect(told).toEqual(['lookup timeout'])
})

it('sets one timer for any number of calls, and none for those that answer at once', async () => {
  for (let i = 0; i < 1000; i++) await lookup()
  await Promise.all(Array.from({ length: 1000 }, () => lookup()))
  expect(clock.sleeps).toHaveLength(1)
  await clock.advance(10_000)
  expect(clock.timers).toBe(0)
  await lookup()
  expect(clock.sleeps).toHaveLength(2)
})

it('a blocked event loop gives no call up: what has arrived meanwhile is read first', async () => {
  const { promise: answer, resolve } = Promise.withResolvers<never>()
  Object.assign(below, { lookup: () => answer })
  const fired: (() => void)[] = []
  Object.assign(clock, { sleep: () => new Promise<void>((wake) => fired.push(wake)) })
  const found = lookup()
  // Blocked for a minute, the loop has one timer to fire, late, and then the answer to read.
  clock.monotonicMs += 60_000
  fired.shift()!()
  await settled()
  resolve({ fence: ['in time'] } as never)
  expect((await found).fence).toEqual(['in time'])
})

it('an invalidation that hung once keeps the lease from coming back for no longer than its deadline', async () => {
  const log = new FakeLog()
  log.add('1', ['tag'])
  const lease = new Lease(clock, 1000)
  const drain = new Drain(bounded, log, new TrustedSessions(), lease)
  const { invalidate } = below
  Object.assign(below, { invalidate: never })
  const first = drain.run()
  await clock.advance(1000)
  expect(await first).toMatchObject({ invalidated: false, error: { reason: 'timeout' } })
  expect(lease.holds).toBe(false)
  Object.assign(below, { invalidate })
  expect(await drain.run()).toMatchObject({ invalidated: true })
  expect(lease.holds).toBe(true)
})

describe('a session', () => {
  it('stands for one below, as long as that is the same', () => {
    const first = session()
    expect(session()).toBe(first)
    cache.present = new FakeSession()
    const second = session()
    expect(second).not.toBe(first)
    cache.present = below
    expect(session()).toBe(first)
    cache.present = undefined
    expect(bounded.session()).toBeUndefined()
  })

  it('is what the permit is asked about: the one that the core was given', async () => {
    const asked: CacheSession[] = []
    await session().lookup('key', ['tag'], { assert: (each) => void asked.push(each) })
    expect(asked).toEqual([session()])
  })

  it('that was given up does not come back, whatever the adapter says', () => {
    const before = session()
    Object.assign(cache, { reset: () => {} })
    bounded.reset()
    expect(bounded.session()).toBeUndefined()
    cache.present = new FakeSession()
    expect(session()).not.toBe(before)
    Object.assign(cache, {
      reset: () => {
        throw new Error('cannot')
      },
    })
    bounded.reset()
    expect(bounded.session()).toBeUndefined()
  })
})

describe('the operator', () => {
  const broken = () => Object.assign(new Error('MISCONF Redis is configured to save'), { code: 'MISCONF' })
  const fail = async (error: Error) => {
    below.failing.set('lookup', new CacheUnusable('unreachable', error))
    await lookup().catch(() => {})
  }

  it('is told of each failure with its reason, and sees it until the call succeeds', async () => {
    await fail(broken())
    await fail(broken())
    expect(bounded.health()).toMatchObject({
      connected: false,
      problem: { code: 'MISCONF', message: 'lookup: MISCONF Redis is configured to save' },
    })
    below.failing.clear()
    await session().invalidate([])
    expect(bounded.health().problem?.code).toBe('MISCONF')
    await lookup()
    expect(bounded.health()).toEqual({ connected: true, breaker: 'none', entries: 0, bytes: 0 })
    expect(told).toEqual(['lookup MISCONF', 'lookup MISCONF', 'recovered'])
  })

  it('is told why the breaker opened, and not that it did', async () => {
    await fail(broken())
    below.failing.set('lookup', new CacheUnusable('breaker-open'))
    await expect(lookup()).rejects.toMatchObject({ reason: 'breaker-open' })
    expect(told).toEqual(['lookup MISCONF', 'lookup MISCONF'])
  })

  it('sees no problem of a session before, nor a late answer once the server answers a drain', async () => {
    await fail(broken())
    cache.present = new FakeSession()
    session()
    expect(bounded.health().problem).toBeUndefined()
    cache.present.failing.set('lookup', new CacheUnusable('timeout'))
    await lookup().catch(() => {})
    expect(bounded.health().problem?.code).toBe('timeout')
    await session().invalidate([])
    expect(bounded.health().problem).toBeUndefined()
  })

  it('is told nothing of a lapsed lease, or of a cache that keeps nothing', async () => {
    const closed = new Switch()
    closed.open = false
    await expect(session().lookup('key', ['tag'], closed)).rejects.toMatchObject({ reason: 'no-lease' })
    expect(told).toEqual([])
    expect(bounded.health().problem).toBeUndefined()
  })
})
