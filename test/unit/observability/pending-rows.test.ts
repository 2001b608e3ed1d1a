import { beforeEach, expect, it } from 'vitest'
import { Metrics } from '../../../src/infrastructure/metrics.ts'
import { TimerClock } from '../consistency/fakes.ts'

let clock: TimerClock
let metrics: Metrics
beforeEach(() => {
  clock = new TimerClock()
  metrics = new Metrics(clock)
})

function left(ids: Iterable<string>): void {
  metrics.drained({ invalidated: false, selected: new Set(ids), error: new Error('no Redis') })
}

it('the oldest pending row counts from when it was first seen', async () => {
  expect(metrics.oldestPendingS).toBe(0)
  left(['1'])
  await clock.advance(2000)
  left(['2', '1'])
  await clock.advance(1000)
  expect(metrics.oldestPendingS).toBe(3)
  left(['2'])
  expect(metrics.oldestPendingS).toBe(1)
  left([])
  expect(metrics.oldestPendingS).toBe(0)
})

it('is told also when there are more than a call can have arguments', async () => {
  left(Array.from({ length: 200_000 }, (_, i) => String(i)))
  await clock.advance(1000)
  expect(metrics.pendingRows).toBe(200_000)
  expect(metrics.oldestPendingS).toBe(1)
})
