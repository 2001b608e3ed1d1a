import { beforeEach, describe, expect, it } from 'vitest'
import { deadlinesOf } from '../../../src/application/consistency/bound.ts'
import { GRACE_MS, makeEntry } from '../../../src/application/consistency/representation.ts'
import { rowsKeptMs, startRunning } from '../../../src/application/consistency/running.ts'
import { FakeCache, FakeLog, TimerClock, versionView } from './fakes.ts'

describe('how long rows of the log are kept', () => {
  it('outlives by a minute the last entry that a load from before the write could have stored, with its grace', () => {
    const view = versionView(async () => undefined)
    const longestLoadMs = 5000
    const facts = { loadedAt: longestLoadMs, loadMs: 1, jitter: 1 - Number.EPSILON }
    const { expiresAt } = makeEntry(view, { value: { version: 1 } }, facts)
    expect(rowsKeptMs(view.ttlS, longestLoadMs) - (expiresAt + GRACE_MS)).toBeCloseTo(60_000, 3)
  })
})

describe('how long a call of the cache may take', () => {
  it('is half a lease for an invalidation, so that a drain ends within one, and more only where a command may take longer', () => {
    expect(deadlinesOf({ leaseMs: 1000, timeoutMs: 100 })).toMatchObject({ lookupMs: 400, invalidateMs: 500 })
    expect(deadlinesOf({ leaseMs: 1000, timeoutMs: 300 })).toMatchObject({
      lookupMs: 1200,
      invalidateMs: 600,
    })
  })
})

describe('a core that runs', () => {
  const KEPT_MS = 7000
  let clock: TimerClock
  let log: FakeLog
  let ended: string[]
  let failures: unknown[]
  let end: () => Promise<unknown>

  beforeEach(async () => {
    clock = new TimerClock()
    log = new FakeLog()
    ended = []
    failures = []
    const cache = new FakeCache('shared')
    cache.close = async () => void ended.push('cache')
    const last = { invalidated: true, found: 0, heard: true }
    const loop = {
      start: async () => {},
      finish: async () => {
        ended.push('loop')
        return last
      },
    } as never
    const shadow = { close: async () => void ended.push('shadow') }
    const sweepFailed = (error: unknown) => void failures.push(error)
    end = await startRunning({ loop, shadow, cache, log, clock, keptMs: KEPT_MS, sweepFailed })
  })

  it('sweeps the log every ten minutes, also after a sweep that failed', async () => {
    const asked: number[] = []
    const failure = new Error('no answer')
    const sweep = async (keptMs: number) => {
      asked.push(keptMs)
      if (asked.length === 1) throw failure
      return 0
    }
    Object.assign(log, { sweep })
    await clock.advance(10 * 60_000 - 1)
    expect(asked).toEqual([])
    await clock.advance(1)
    expect([asked, failures]).toEqual([[KEPT_MS], [failure]])
    await clock.advance(10 * 60_000)
    expect(asked).toHaveLength(2)
    await end()
  })

  it('ends its loop, with what its last drain came to, before the cache that this drain needs', async () => {
    expect(await end()).toMatchObject({ invalidated: true })
    expect(ended).toEqual(['shadow', 'loop', 'cache'])
  })
})
