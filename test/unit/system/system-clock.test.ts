import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SystemClock } from '../../../src/adapters/system/system-clock.ts'

describe('this machine’s clock', () => {
  const clock = new SystemClock()

  it('tells the time of the day, and a time that never steps back', () => {
    const [before, between, after] = [Date.now(), clock.now(), Date.now()]
    expect(between).toBeGreaterThanOrEqual(before)
    expect(between).toBeLessThanOrEqual(after)
    const readings = Array.from({ length: 1000 }, () => clock.monotonic())
    expect(readings).toEqual([...readings].sort((a, b) => a - b))
  })

  it('has a monotonic time of its own: the wall clock may step without it', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 })
    try {
      expect(clock.now()).toBe(0)
      expect(clock.monotonic()).toBeGreaterThan(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('sleeps for as long as it is told, give or take a timer’s grain', async () => {
    const began = clock.monotonic()
    await clock.sleep(30)
    expect(clock.monotonic() - began).toBeGreaterThan(28)
  })

  describe('woken', () => {
    let waking: AbortController
    beforeEach(() => {
      waking = new AbortController()
    })
    afterEach(() => waking.abort())

    it('ends its sleep without an error', async () => {
      const sleep = clock.sleep(3_600_000, waking.signal)
      waking.abort()
      await expect(sleep).resolves.toBeUndefined()
    })

    it('leaves nothing on the signal, however its sleep ended', async () => {
      await clock.sleep(1, waking.signal)
      expect(getEventListeners(waking.signal, 'abort')).toEqual([])
      const sleep = clock.sleep(3_600_000, waking.signal)
      expect(getEventListeners(waking.signal, 'abort')).toHaveLength(1)
      waking.abort()
      await sleep
      expect(getEventListeners(waking.signal, 'abort')).toEqual([])
    })

    it('does not begin to sleep when it was woken before', async () => {
      waking.abort()
      await expect(clock.sleep(3_600_000, waking.signal)).resolves.toBeUndefined()
    })
  })
})
