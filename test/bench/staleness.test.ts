import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Contestant, Instance } from '../../bench/staleness/contestant.ts'
import { Judge } from '../../bench/staleness/judge.ts'
import { measure } from '../../bench/staleness/measure.ts'
import { others } from '../../bench/staleness/others.ts'
import { ours } from '../../bench/staleness/ours.ts'
import { MARKETS, Plan, type Question } from '../../bench/staleness/plan.ts'
import { run } from '../../bench/staleness/run.ts'
import { openWorld, type World } from '../../bench/staleness/world.ts'
import { Seeded } from '../chaos/random/seeded.ts'
import { type Operation, violationsOf } from '../property/checker.ts'

const EVERY_MARKET = Array.from({ length: MARKETS }, (_, market) => market)

describe('the harness of the staleness benchmark', () => {
  it('sees no staleness where everybody reads the database', async () => {
    const outcome = await runOn(new Memory(false))

    expect(outcome).toMatchObject({ staleReads: 0, longestStaleMs: undefined, failedReads: 0 })
    expect(outcome.reads).toBeGreaterThan(100)
    expect(outcome.writes).toBeGreaterThan(0)
  })

  it('sees the staleness of a cache that is never invalidated, and for how long', async () => {
    const { staleReads, longestStaleMs } = await runOn(new Memory(true))

    expect(staleReads).toBeGreaterThan(0)
    expect(longestStaleMs).toBeGreaterThan(50)
  })

  it('gives every contestant the same plan, and every session one of its own', () => {
    const steps = (seed: number, session: number) => {
      const plan = new Plan(seed, session)
      return Array.from({ length: 50 }, () => plan.next())
    }

    expect(steps(1, 0)).toEqual(steps(1, 0))
    expect(steps(1, 0)).not.toEqual(steps(1, 1))
    expect(steps(1, 0)).not.toEqual(steps(2, 0))
  })

  it('judges as the checker of the proof does', () => {
    const random = new Seeded(7)
    let stale = 0
    for (let history = 0; history < 200; history++) {
      const { operations, judged } = judgedHistory(random)
      const stalest = new Set(violationsOf(operations).map(({ operation }) => operation))
      expect(new Set(operations.filter((_, i) => judged[i]))).toEqual(stalest)
      stale += stalest.size
    }
    expect(stale).toBeGreaterThan(100)
  })
})

describe('on real servers, with an outage', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(1)
  })
  afterAll(() => world.close())

  it('Marketflow is not stale', async () => {
    const outcome = await inOutage(ours(world, 'now').find(({ name }) => name === 'Marketflow, tiered')!, 40)

    expect(outcome).toMatchObject({ staleReads: 0, failedReads: 0, failedWrites: 0, unhandledRejections: 0 })
    expect(outcome.reads).toBeGreaterThan(100)
    expect(outcome.loads).toBeLessThan(outcome.reads)
  })

  it('the textbook’s pattern is', { timeout: 90_000 }, async () => {
    const textbook = others(world).find(({ name }) => name.startsWith('cache-aside'))!
    let staleReads = 0
    // Where the machine is so busy that few sessions meet, one run may see none.
    for (let seed = 1; seed <= 10 && staleReads === 0; seed++) {
      staleReads = (await inOutage(textbook, 100, seed)).staleReads
    }
    expect(staleReads).toBeGreaterThan(0)
  })

  function inOutage(contestant: Contestant, sessions: number, seed = 1) {
    return measure(contestant, world, { seed, sessions, seconds: 2, outage: true })
  }
})

/** A database in this process: as it is, or behind a cache that keeps what it has once seen. */
class Memory implements Instance {
  readonly versions = EVERY_MARKET.map(() => 1)
  readonly #kept = new Map<number, number>()
  readonly #caches: boolean

  constructor(caches: boolean) {
    this.#caches = caches
  }

  async read(question: Question) {
    const markets = question.of === 'listing' ? EVERY_MARKET : [question.market]
    await sleep(1)
    return markets.map((market) => ({ market, version: this.#version(market) }))
  }

  async write(market: number) {
    await sleep(1)
    this.versions[market]! += 1
    return this.versions[market]!
  }

  async close() {}

  #version(market: number): number {
    const version = this.#kept.get(market) ?? this.versions[market]!
    if (this.#caches) this.#kept.set(market, version)
    return version
  }
}

function runOn(memory: Memory) {
  return run([memory], { seed: 1, sessions: 50, seconds: 0.5, first: [...memory.versions] })
}

/** Overlapping reads and writes of one market, with versions that are often old: for the checker, and judged here. */
function judgedHistory(random: Seeded): { operations: Operation[]; judged: boolean[] } {
  const operations: Operation[] = Array.from({ length: 30 }, (_, i) => {
    const invokedAt = Math.floor(random.between(0, 1000)) + i / 1000
    const answeredAt = invokedAt + 1 + Math.floor(random.between(0, 100)) + 0.5
    const write = i < 10
    // Reads return what was written long ago, or was not written yet when they began; never what was never written.
    const version = write ? i + 1 : 0
    return { kind: write ? 'write' : 'read', view: 'm', version, invokedAt, answeredAt, ok: true }
  })
  const writes = operations.slice(0, 10).sort((a, b) => a.invokedAt - b.invokedAt)
  for (const [i, write] of writes.entries()) Object.assign(write, { version: i + 1 })
  for (const read of operations.slice(10)) {
    const begun = writes.filter(({ invokedAt }) => invokedAt < read.answeredAt!).length
    Object.assign(read, { version: Math.floor(random.between(0, begun + 1)) })
  }
  const judge = new Judge([0])
  const judged = operations.map(() => false)
  const floors = new Map<Operation, readonly number[]>()
  const moments = operations.flatMap((operation, i) => [
    { at: operation.invokedAt, begins: true, operation, i },
    { at: operation.answeredAt!, begins: false, operation, i },
  ])
  for (const { at, begins, operation, i } of moments.sort((a, b) => a.at - b.at)) {
    const { kind, version } = operation
    if (begins && kind === 'read') floors.set(operation, judge.readBegins())
    if (!begins && kind === 'write') judge.writeAnswered(0, version!, at)
    if (!begins && kind === 'read') {
      judged[i] = judge.readAnswered(floors.get(operation)!, [{ market: 0, version: version! }], at)
    }
  }
  return { operations, judged }
}
