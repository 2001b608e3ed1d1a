import { beforeEach, expect, it } from 'vitest'
import { Metrics } from '../../../src/infrastructure/observability/metrics.ts'
import { TimerClock } from '../consistency/fakes.ts'

let clock: TimerClock
let metrics: Metrics
beforeEach(() => {
  clock = new TimerClock()
  metrics = new Metrics(clock)
})

const error = new Error('no Redis')

function left(rows: number, oldestMs: number): void {
  const backlog = { awaited: new Set<string>(), rows, oldestMs, holders: [] }
  metrics.drained({ invalidated: false, heard: true, found: 0, backlog, error })
}

it('the oldest pending row goes on ageing between drains, and while PostgreSQL does not tell', async () => {
  expect(metrics.oldestPendingS).toBe(0)
  left(2, 2000)
  await clock.advance(1000)
  metrics.drained({ invalidated: false, heard: false, found: 0, error })
  expect(metrics.pendingRows).toBe(2)
  expect(metrics.oldestPendingS).toBe(3)
  left(1, 1000)
  expect(metrics.oldestPendingS).toBe(1)
})

it('nothing is pending after a drain that did its work, or that found nothing left', () => {
  left(2, 2000)
  metrics.drained({ invalidated: true, heard: true, found: 2 })
  expect([metrics.pendingRows, metrics.oldestPendingS]).toEqual([0, 0])
  left(0, 0)
  expect([metrics.pendingRows, metrics.oldestPendingS]).toEqual([0, 0])
})
