import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type Fleet, startFleet, warm } from '../support/fleet.ts'

let fleet: Fleet

afterEach(() => fleet.stop())

const IN_FLIGHT = 8
/** The deadline of a Redis call and a load are far below this; the rest is for a machine that is busy. */
const LONGEST_READ_MS = 3000

interface Seen {
  readonly reads: number
  /** Every answer other than 200, and every request that failed. */
  readonly failures: readonly string[]
  readonly longestMs: number
}

/** Reads without pause, eight at a time, while something happens and for a while after. */
async function underLoad(happening: () => Promise<void>, path: (i: number) => string): Promise<Seen> {
  const { api } = fleet.instances[0]!
  const failures: string[] = []
  let reads = 0
  let longestMs = 0
  let over = false
  const reader = async () => {
    while (!over) {
      reads += 1
      const where = path(reads)
      const began = performance.now()
      const told = await api.get(where).then(
        ({ status, text }) => (status === 200 ? undefined : `${where}: ${status} ${text}`),
        (error) => `${where}: ${error}`,
      )
      if (told !== undefined) failures.push(told)
      longestMs = Math.max(longestMs, performance.now() - began)
    }
  }
  const readers = Array.from({ length: IN_FLIGHT }, reader)
  try {
    await sleep(300)
    await happening()
    await sleep(300)
  } finally {
    over = true
    await Promise.all(readers)
  }
  return { reads, failures, longestMs }
}

function expectUnharmed({ reads, failures, longestMs }: Seen): void {
  expect(failures).toEqual([])
  expect(reads).toBeGreaterThan(IN_FLIGHT)
  expect(longestMs).toBeLessThan(LONGEST_READ_MS)
}

/** A handful of hot pages: the market, and listings of a few cities. */
function hotPage(i: number): string {
  return i % 2 === 0 ? `/markets/${fleet.market}` : `/markets?city=x${i % 10}`
}

/** What the service did for the market's page meanwhile. */
async function cacheStatus(): Promise<string | null> {
  return (await fleet.instances[0]!.api.get(`/markets/${fleet.market}`)).headers.get('cache-status')
}

describe.each(['tiered', 'redis'] as const)('under load, with %s', (cache) => {
  it('Redis killed and started again: no error, and hits afterwards', async () => {
    fleet = await startFleet({ size: 1, cache })
    await warm(fleet)
    const seen = await underLoad(async () => {
      await fleet.redis.kill()
      await sleep(700)
      expect(await cacheStatus()).not.toMatch(/; hit/)
      await fleet.redis.restart()
    }, hotPage)
    expectUnharmed(seen)
    await warm(fleet)
  })

  it('Redis stalled and resumed: no error, no long wait, and hits afterwards', async () => {
    fleet = await startFleet({ size: 1, cache })
    await warm(fleet)
    const seen = await underLoad(async () => {
      fleet.redis.pause()
      await sleep(1500)
      expect(await cacheStatus()).not.toMatch(/; hit/)
      fleet.redis.resume()
    }, hotPage)
    expectUnharmed(seen)
    await warm(fleet)
  })

  it('Redis flushed again and again: no error, and hits afterwards', async () => {
    fleet = await startFleet({ size: 1, cache })
    await warm(fleet)
    const seen = await underLoad(async () => {
      for (let i = 0; i < 20; i++) {
        await fleet.redis.cli('FLUSHALL')
        await sleep(25)
      }
    }, hotPage)
    expectUnharmed(seen)
    await warm(fleet)
  })

  it('Redis evicting at random: no error, only misses', async () => {
    fleet = await startFleet({ size: 1, cache })
    await warm(fleet)
    await fleet.redis.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    await fleet.redis.cli('CONFIG', 'SET', 'maxmemory', '3mb')
    await fillWithStrangers()
    const seen = await underLoad(
      () => sleep(2000),
      (i) => (i % 4 === 0 ? `/markets/${fleet.market}` : `/markets?city=x${i}`),
    )
    expectUnharmed(seen)
    expect(await evicted()).toBeGreaterThan(0)
    await warm(fleet)
  })
})

/** Nearly fills Redis, so that the load's own keys make it evict at once. */
async function fillWithStrangers(): Promise<void> {
  const script = `for i = 1, 3000 do redis.call('SET', 'stranger:' .. i, string.rep('x', 1000)) end`
  await fleet.redis.cli('EVAL', script, 0)
}

async function evicted(): Promise<number> {
  const stats = String(await fleet.redis.cli('INFO', 'stats'))
  return Number(/evicted_keys:(\d+)/.exec(stats)?.[1])
}
