import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Contestant, Instance } from '../../bench/staleness/contestant.ts'
import type { Cause } from '../../bench/staleness/history.ts'
import { Judge } from '../../bench/staleness/judge.ts'
import { measure } from '../../bench/staleness/measure.ts'
import { others } from '../../bench/staleness/others.ts'
import { ours } from '../../bench/staleness/ours.ts'
import { MARKETS, Plan, type Question } from '../../bench/staleness/plan.ts'
import { Recorder } from '../../bench/staleness/recorder.ts'
import { run } from '../../bench/staleness/run.ts'
import { tell } from '../../bench/staleness/telling.ts'
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

describe('the history of a stale read', () => {
  it('is told step by step, and why', () => {
    const recorder = begun()
    recordStale(recorder, {})

    expect(toldBy(recorder, 'late load')).toBe(`\
- 0.0 ms: Session 4 reads market 3 at instance 1. The cache has nothing to show, and a load begins.
- 2.0 ms: The load’s query has answered: its snapshot has version 7.
- 5.0 ms: Session 9 has committed version 8 of market 3 at instance 2, which tells its cache to forget what was there before.
- 6.0 ms: The cache of instance 2 says that it has, and the write is answered. A read that begins from now on has to show version 8.
- 9.0 ms: The load ends, and gives version 7 to the cache of instance 1.
- 20.0 ms: Session 2 begins to read market 3 at instance 1.
- 20.5 ms: Session 2 is shown version 7, which the load of session 4 brought: **stale**.

**Why.** The load’s snapshot is from before the write, and the load ended 4.0 ms after the cache had been told to forget. Until then it had brought nothing that could be forgotten; what it brought was kept as if it were new, and shown to a session that began to read 14.0 ms after the write’s answer.`)
  })

  it.each<[Cause, Partial<typeof LATE_LOAD>, string]>([
    ['joined load', { endedAt: 1020.2 }, 'was shown what that load brought 0.2 ms later'],
    ['failed', { endedAt: 1003, failed: true }, 'the cache could not do what it was told'],
    ['still storing', { endedAt: 1003, writer: 1 }, 'was answered 4.5 ms after that'],
    ['other instance', { endedAt: 1003 }, 'Instance 1 had version 7 from before the write'],
    [
      'other instance',
      { endedAt: 1003, loaderAnsweredAt: 1003, writer: 1, reader: 2, shown: 1004 },
      'has it too',
    ],
    ['not seen', { endedAt: 1003, loaderAnsweredAt: 1003, writer: 1 }, 'not seen from outside'],
  ])('of a %s says so', (cause, change, words) => {
    const recorder = begun()
    recordStale(recorder, change)

    expect([...recorder.stale.keys()]).toEqual([cause])
    expect(toldBy(recorder, cause)).toContain(words)
  })

  it('is the plainest of those with the same cause', () => {
    const recorder = begun()
    recordStale(recorder, { market: 1, readAt: 1050 })
    recordStale(recorder, { market: 2, readAt: 1060 })
    recordStale(recorder, { market: 3, readAt: 1040 })
    recordStale(recorder, { market: 4, readAt: 1070, queriedAt: 1006 })
    recordStale(recorder, { market: 5, readAt: 1070, endedAt: 1005.5 })
    recordStale(recorder, { market: 6, readAt: 1080, version: 6 })

    const { reads, history } = recorder.stale.get('late load')!
    expect({ reads, question: history.question }).toEqual({ reads: 6, question: { of: 'market', market: 2 } })
  })

  it('is not told when its load has been forgotten', () => {
    const recorder = begun()
    recordStale(recorder, { loadsMeanwhile: 300 })

    expect(recorder.stale.size).toBe(0)
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
    let stale = await inOutage(textbook, 100)
    // Where the machine is so busy that few sessions meet, one run may see none.
    for (let seed = 2; seed <= 10 && stale.staleReads === 0; seed++)
      stale = await inOutage(textbook, 100, seed)
    expect(stale.staleReads).toBeGreaterThan(0)
    const explained = [...stale.causes.values()].reduce((sum, { reads }) => sum + reads, 0)
    expect(explained).toBeGreaterThan(0)
  })

  function inOutage(contestant: Contestant, sessions: number, seed = 1) {
    return measure(contestant, world, { seed, sessions, seconds: 2, outage: true })
  }
})

/** A load that began before a write and ended after it, and a read that shows it: instances, times and the rest. */
const LATE_LOAD = {
  market: 2,
  version: 7,
  loader: 1,
  writer: 2,
  reader: 1,
  queriedAt: 1002,
  endedAt: 1009,
  loaderAnsweredAt: 1009.5,
  /** When another session was shown it, where the stale read is. */
  shown: undefined as number | undefined,
  failed: false,
  readAt: 1020,
  loadsMeanwhile: 0,
}

function begun(): Recorder {
  const recorder = new Recorder()
  recorder.begin(true)
  return recorder
}

function recordStale(recorder: Recorder, change: Partial<typeof LATE_LOAD>): void {
  const { market, version, queriedAt, endedAt, failed, ...of } = { ...LATE_LOAD, ...change }
  const question: Question = { of: 'market', market }
  const loaded = () => {
    const number = recorder.nextLoad()
    recorder.loaded(question, { number, session: 4, instance: of.loader, beganAt: 1000, queriedAt, endedAt })
    return number
  }
  const read = (session: number, instance: number, beganAt: number, answeredAt: number) => {
    const seen = [{ market, version }]
    recorder.answered(question, { session, instance, beganAt, answeredAt, seen, load })
    return seen
  }
  const load = loaded()
  read(4, of.loader, 999, of.loaderAnsweredAt)
  if (of.shown !== undefined) read(5, of.reader, of.shown, of.shown)
  const write = { session: 9, instance: of.writer, market, failed }
  recorder.written({ ...write, version: 7, committedAt: 1003, answeredAt: 1003 })
  recorder.written({ ...write, version: 8, committedAt: 1005, answeredAt: 1006 })
  for (let i = 0; i < of.loadsMeanwhile; i++) loaded()
  const seen = read(2, of.reader, of.readAt, of.readAt + 0.5)
  recorder.judgedStale(
    question,
    seen,
    EVERY_MARKET.map(() => 8),
  )
}

function toldBy(recorder: Recorder, cause: Cause): string {
  return tell(recorder.stale.get(cause)!.history, cause).join('\n\n')
}

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
