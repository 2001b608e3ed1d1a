import { expect, it } from 'vitest'
import { LruCache } from '../../../src/adapters/cache/lru-cache.ts'
import { SystemRandom } from '../../../src/adapters/system/system-random.ts'
import { Admission } from '../../../src/application/consistency/admission.ts'
import { LoadQueue } from '../../../src/application/consistency/load-queue.ts'
import { ReadThrough } from '../../../src/application/consistency/read-through.ts'
import { FakeSnapshots, Switch, TimerClock, versionView } from './fakes.ts'

/** As many as are kept in a minute without having been asked for before. */
const FREELY = 100
const MINUTE_MS = 60_000

it('admits a few new keys a minute, and of others those that are asked for again', () => {
  const clock = new TimerClock()
  const admission = new Admission(clock)
  const admitted = (...keys: string[]) => keys.filter((key) => admission.admits(key))
  const some = (prefix: string) => Array.from({ length: FREELY }, (_, i) => `${prefix}${i}`)
  expect(admitted(...some('a'), 'b', 'c')).toEqual(some('a'))
  expect(admitted('d', 'b', 'a0')).toEqual(['b', 'a0'])
  clock.monotonicMs += MINUTE_MS
  expect(admitted(...some('e'), 'f')).toEqual(some('e'))
})

it('remembers ten thousand keys, and forgets first what was asked for longest ago', () => {
  const admission = new Admission(new TimerClock())
  const ask = (prefix: string, count: number) => {
    for (let i = 0; i < count; i++) admission.admits(`${prefix}${i}`)
  }
  ask('first', FREELY)
  admission.admits('old')
  ask('loop', 9_999)
  expect(admission.admits('old')).toBe(true)
  ask('more', 10_000)
  expect(admission.admits('old')).toBe(false)
})

it('a loop over 100,000 keys that strangers choose pushes out nothing that is asked for between', async () => {
  const clock = new TimerClock()
  const random = new SystemRandom()
  const cache = new LruCache({ maxBytes: 1_000_000 }, clock, random)
  const view = versionView(async () => ({ value: { version: 1 } }))
  const reads = new ReadThrough(
    cache,
    { leased: new Switch(), trusted: new Switch() },
    new FakeSnapshots(),
    new LoadQueue((run) => run(), 10),
    clock,
    random,
    { read: () => {}, loaded: () => {} },
    { serveUnverified: true },
  )
  const popular = Array.from({ length: 200 }, (_, i) => `popular-${i}`)
  for (const id of popular) await reads.read(view, id)
  const hits = async () => {
    const readings = await reads.readMany(view, popular)
    return readings.filter(({ status }) => status.kind === 'hit').length
  }
  expect(await hits()).toBe(popular.length)
  // All under one tag, as lists are: it is the entries that take the memory.
  const loop = { ...view, tags: () => ['list'], unbounded: () => true }
  for (let i = 0; i < 100_000; i++) await reads.read(loop, `stranger-${i}`)
  expect(await hits()).toBe(popular.length)
  expect(cache.health().bytes).toBeLessThan(1_000_000)
  expect((await reads.read(loop, 'stranger-99999')).status).toEqual({ kind: 'miss', stored: true })
})
