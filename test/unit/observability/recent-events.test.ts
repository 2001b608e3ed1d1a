import { beforeEach, describe, expect, it } from 'vitest'
import type { ShadowOutcome } from '../../../src/application/consistency/shadow-check.ts'
import { RecentEvents } from '../../../src/infrastructure/observability/recent-events.ts'
import { TimerClock } from '../consistency/fakes.ts'

let clock: TimerClock
let recent: RecentEvents
beforeEach(() => {
  clock = new TimerClock()
  recent = new RecentEvents(clock)
})

function wrote(waitedMs: number, tags: readonly string[] = ['market:1']): void {
  recent.wrote({ causes: ['market-edited'], tags, confirmation: 'invalidated', waitedMs })
}

function checked(outcome: ShadowOutcome, key = 'market:1:detail'): void {
  recent.shadowChecked({
    outcome,
    view: 'market-detail',
    key,
    tags: ['market:1'],
    served: '"a"',
    found: '"b"',
  })
}

describe('recent invalidations', () => {
  it('say what was written, when, and how it was confirmed, newest first', () => {
    wrote(3)
    clock.wallMs += 1000
    wrote(4)
    const common = { causes: ['market-edited'], tags: ['market:1'], confirmation: 'invalidated' }
    expect(recent.invalidations).toEqual([
      { ...common, at: '2023-11-14T22:13:21.000Z', waitedMs: 4 },
      { ...common, at: '2023-11-14T22:13:20.000Z', waitedMs: 3 },
    ])
  })

  it('are the last hundred, of fifty tags each', () => {
    const tags = Array.from({ length: 60 }, (_, i) => `market:${i}`)
    for (let i = 0; i < 101; i++) wrote(i, tags)
    expect(recent.invalidations.map(({ waitedMs }) => waitedMs)).toEqual(
      Array.from({ length: 100 }, (_, i) => 100 - i),
    )
    expect(recent.invalidations[0]!.tags).toEqual(tags.slice(0, 50))
  })
})

describe('recent violations', () => {
  it('are the last twenty, and nothing else that a check came to', () => {
    for (const outcome of ['same', 'overtaken', 'undecided', 'skipped'] as const) checked(outcome)
    expect(recent.violations).toEqual([])
    for (let i = 0; i < 21; i++) checked('violation', `key-${i}`)
    expect(recent.violations).toHaveLength(20)
    expect(recent.violations[0]).toEqual({
      at: '2023-11-14T22:13:20.000Z',
      view: 'market-detail',
      key: 'key-20',
      tags: ['market:1'],
      served: '"a"',
      found: '"b"',
    })
  })
})

describe('latencies', () => {
  it('are the nearest rank of what was seen, per method and route', () => {
    for (let ms = 100; ms >= 1; ms--) recent.requested('GET', '/markets', 200, ms)
    recent.requested('POST', '/markets', 503, 7)
    expect(recent.latencies).toEqual([
      { method: 'GET', route: '/markets', requests: 100, failures: 0, p50Ms: 50, p99Ms: 99 },
      { method: 'POST', route: '/markets', requests: 1, failures: 1, p50Ms: 7, p99Ms: 7 },
    ])
  })

  it('have few methods, whatever strangers make up', () => {
    for (const method of ['PROPFIND', 'REPORT', 'M-SEARCH']) recent.requested(method, '/markets', 405, 1)
    recent.requested('PUT', '/markets', 405, 1)
    expect(recent.latencies).toMatchObject([{ method: 'other', route: '/markets', requests: 4 }])
  })

  it('forget what is long ago', () => {
    for (let i = 0; i < 512; i++) recent.requested('GET', '/markets', 200, 1000)
    for (let i = 0; i < 512; i++) recent.requested('GET', '/markets', 200, 1)
    expect(recent.latencies).toMatchObject([{ requests: 1024, p50Ms: 1, p99Ms: 1 }])
  })
})

describe('loads', () => {
  it('are the nearest rank of what was seen, per view, of the last 512', () => {
    for (let i = 0; i < 512; i++) recent.loaded('market-detail', 1000)
    expect(recent.loads).toEqual([{ view: 'market-detail', p50Ms: 1000, p99Ms: 1000 }])
    for (let i = 0; i < 512; i++) recent.loaded('market-detail', i + 1)
    recent.loaded('market-stats', 7)
    expect(recent.loads).toEqual([
      { view: 'market-detail', p50Ms: 256, p99Ms: 507 },
      { view: 'market-stats', p50Ms: 7, p99Ms: 7 },
    ])
  })
})
