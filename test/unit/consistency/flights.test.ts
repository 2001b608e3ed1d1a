import { beforeEach, describe, expect, it } from 'vitest'
import { Departures, Flights } from '../../../src/application/consistency/flights.ts'
import { LoadQueue } from '../../../src/application/consistency/load-queue.ts'
import { deferred, settled } from './fakes.ts'

describe('flights', () => {
  it('share one run per name, and free the name when it ends', async () => {
    const flights = new Flights<number>()
    const run = deferred<number>()
    let runs = 0
    const work = () => {
      runs += 1
      return run.promise
    }
    const both = [flights.join('a', work), flights.join('a', work), flights.join('b', work)]
    expect(runs).toBe(2)
    expect(flights.size).toBe(2)
    run.resolve(1)
    expect(await Promise.all(both)).toEqual([1, 1, 1])
    expect(flights.size).toBe(0)
    flights.join('a', work)
    expect(runs).toBe(3)
  })

  it('fail only those who waited, and free the name', async () => {
    const flights = new Flights<number>()
    const failing = [1, 2].map(() => flights.join('a', () => Promise.reject(new Error('no'))))
    const outcomes = await Promise.allSettled(failing)
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(flights.join('a', async () => 2)).resolves.toBe(2)
  })
})

describe('departures', () => {
  const at = () => ({ name: 'k', started: 0 })
  let departures: Departures<number>
  /** Runs waiting for their turn. */
  let waiting: (() => void)[]
  const queue = (run: () => Promise<number>) =>
    new Promise<number>((resolve, reject) => waiting.push(() => run().then(resolve, reject)))

  beforeEach(() => {
    departures = new Departures()
    waiting = []
  })

  it('share a run that has not started', async () => {
    const load = at()
    const work = async () => ++load.started
    const shared = [1, 2, 3].map(() => departures.join('k', queue, work))
    expect(waiting).toHaveLength(1)
    waiting[0]!()
    expect(await Promise.all(shared)).toEqual([1, 1, 1])
  })

  it('never share one that has', async () => {
    const first = deferred<number>()
    const early = departures.join('k', queue, () => first.promise)
    waiting[0]!()
    const late = departures.join('k', queue, async () => 2)
    expect(waiting).toHaveLength(2)
    waiting[1]!()
    expect(await late).toBe(2)
    first.resolve(1)
    expect(await early).toBe(1)
  })

  it('share one that waits, though an earlier one fails meanwhile', async () => {
    const early = departures.join('k', queue, () => Promise.reject(new Error('failed')))
    waiting[0]!()
    const late = departures.join('k', queue, async () => 2)
    await expect(early).rejects.toThrow('failed')
    await settled()
    const later = departures.join('k', queue, async () => 3)
    expect(waiting).toHaveLength(2)
    waiting[1]!()
    expect(await Promise.all([late, later])).toEqual([2, 2])
  })

  it('never share one that started at once', async () => {
    const first = deferred<number>()
    const now = (run: () => Promise<number>) => run()
    departures.join('k', now, () => first.promise)
    await expect(departures.join('k', now, async () => 2)).resolves.toBe(2)
  })

  it('free the name when the queue turns a run away', async () => {
    const full = () => Promise.reject(new Error('full'))
    await expect(departures.join('k', full, async () => 1)).rejects.toThrow('full')
    await settled()
    await expect(
      departures.join(
        'k',
        (run) => run(),
        async () => 2,
      ),
    ).resolves.toBe(2)
  })
})

describe('the load queue', () => {
  const now = <T>(run: () => Promise<T>): Promise<T> => run()

  it('turns away what would be one too many, and counts what ends', async () => {
    const queue = new LoadQueue(now, 2)
    const runs = [deferred<number>(), deferred<number>()]
    const held = runs.map(({ promise }) => queue.run(() => promise))
    expect(queue.size).toBe(2)
    await expect(queue.run(async () => 3)).rejects.toMatchObject({ code: 'overloaded', retryAfterS: 1 })
    expect(queue.size).toBe(2)
    runs[0]!.resolve(1)
    await held[0]
    await expect(queue.run(async () => 3)).resolves.toBe(3)
    runs[1]!.reject(new Error('failed'))
    await expect(held[1]).rejects.toThrow('failed')
    expect(queue.size).toBe(0)
  })

  it('counts those that wait for their turn', async () => {
    const queue = new LoadQueue(() => new Promise(() => {}), 1)
    queue.run(async () => 1)
    await expect(queue.run(async () => 2)).rejects.toMatchObject({ code: 'overloaded' })
  })
})
