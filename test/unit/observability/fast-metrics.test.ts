import { Counter, Histogram, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { FastCounter, FastHistogram } from '../../../src/infrastructure/observability/fast-metrics.ts'

const BOUNDS = [0.1, 1, 10]
const OBSERVED = [
  ['/a', 'GET', 200, 0.05],
  ['/a', 'GET', 200, 0.1],
  ['/a', 'GET', 500, 3],
  ['/b', 'PUT', 200, 100],
] as const

it('a fast counter tells what prom-client’s own would', async () => {
  const [ours, theirs] = [new Registry(), new Registry()]
  const fast = new FastCounter('things_total', 'Things', ['a', 'b', 'c'], ours)
  const slow = new Counter({
    name: 'things_total',
    help: 'Things',
    labelNames: ['a', 'b', 'c'],
    registers: [theirs],
  })
  for (let round = 0; round < 2; round++) {
    for (const c of ['x', 'y', 'x']) {
      fast.inc('a', 'b', c)
      slow.inc({ a: 'a', b: 'b', c })
    }
    expect(await ours.metrics()).toBe(await theirs.metrics())
  }
})

it('a fast histogram tells what prom-client’s own would, to workers’ supervisors too', async () => {
  const [ours, theirs] = [new Registry(), new Registry()]
  const labelNames = ['route', 'method', 'status'] as const
  const fast = new FastHistogram('seconds', 'Seconds', labelNames, BOUNDS, ours)
  const slow = new Histogram({
    name: 'seconds',
    help: 'Seconds',
    labelNames: [...labelNames],
    buckets: BOUNDS,
    registers: [theirs],
  })
  for (const [route, method, status, seconds] of OBSERVED) {
    fast.observe(route, method, status, seconds)
    slow.observe({ route, method, status }, seconds)
  }
  expect(sorted(await ours.metrics())).toEqual(sorted(await theirs.metrics()))
  ours.setDefaultLabels({ worker: '2' })
  expect(await ours.getMetricsAsJSON()).toMatchObject([{ type: 'histogram', aggregator: 'sum' }])
  fast.reset()
  expect(await ours.metrics()).toContain('seconds_count{route="/a",method="GET",status="200",worker="2"} 0')
})

const sorted = (text: string) => text.split('\n').sort()
