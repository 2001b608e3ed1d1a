import { type Cause, causeOf, type History, type Load, plainer, type Read, type Write } from './history.ts'
import type { Floor, Seen } from './judge.ts'
import type { Question } from './plan.ts'

/** How many loads, reads and writes are remembered of each market, and of the list. */
const KEPT = 256

/** How many reads were stale for one cause, and the plainest history of them. */
export interface Stale {
  readonly reads: number
  readonly history: History
}

/**
 * Remembers the last steps around a cache, for each market and for the list, so that a stale read can be explained.
 * The harness tells it what it sees from outside: when the cache itself stores or removes something stays unknown.
 */
export class Recorder {
  readonly #loads = new Recent<Load>()
  readonly #reads = new Recent<Read>()
  readonly #writes = new Recent<Write>()
  #loadNumbers = 0
  #inMemory = false
  #stale = new Map<Cause, Stale>()

  /** Forgets everything, for the next round. `inMemory`: each instance has entries of its own. */
  begin(inMemory: boolean): void {
    for (const recent of [this.#loads, this.#reads, this.#writes]) recent.clear()
    this.#inMemory = inMemory
    this.#stale = new Map()
  }

  /** Of this round, without the reads whose steps had been forgotten when they were judged. */
  get stale(): ReadonlyMap<Cause, Stale> {
    return this.#stale
  }

  nextLoad(): number {
    this.#loadNumbers += 1
    return this.#loadNumbers
  }

  loaded(question: Question, load: Load): void {
    this.#loads.add(subjectOf(question), load)
  }

  written(write: Write): void {
    this.#writes.add(write.market, write)
  }

  answered(question: Question, read: Read): void {
    this.#reads.add(subjectOf(question), read)
  }

  /** `seen` is what the read was answered with: the same object. */
  judgedStale(question: Question, seen: readonly Seen[], floor: Floor): void {
    const history = this.#historyOf(question, seen, floor)
    if (history === undefined) return
    const cause = causeOf(history, this.#inMemory)
    const { reads, history: other } = this.#stale.get(cause) ?? { reads: 0, history }
    this.#stale.set(cause, { reads: reads + 1, history: plainer(other, history) })
  }

  #historyOf(question: Question, seen: readonly Seen[], floor: Floor): History | undefined {
    const reads = this.#reads.of(subjectOf(question))
    const read = reads.findLast((candidate) => candidate.seen === seen)
    const load = this.#loads.of(subjectOf(question)).findLast(({ number }) => number === read?.load)
    if (read === undefined || load === undefined) return undefined
    const missed = seen
      .flatMap(({ market, version }) =>
        this.#writes
          .of(market)
          .filter((write) => write.version > version && write.version <= floor[market]!)
          .filter(({ answeredAt }) => answeredAt <= read.beganAt),
      )
      .sort((a, b) => a.answeredAt - b.answeredAt)
    if (missed.length === 0) return undefined
    const told = Math.max(...missed.map(({ committedAt }) => committedAt))
    const shown = reads.filter((other) => other.load === load.number)
    return {
      question,
      read,
      load,
      loader: shown.find(({ session, beganAt }) => session === load.session && beganAt <= load.beganAt),
      missed,
      earlier: shown.findLast(({ instance, beganAt }) => instance === read.instance && beganAt < told),
    }
  }
}

/** The last steps, by what they are about. */
class Recent<T> {
  readonly #steps = new Map<number | 'listing', T[]>()

  add(subject: number | 'listing', step: T): void {
    const steps = this.#steps.get(subject) ?? []
    this.#steps.set(subject, steps)
    steps.push(step)
    if (steps.length > KEPT) steps.shift()
  }

  of(subject: number | 'listing'): readonly T[] {
    return this.#steps.get(subject) ?? []
  }

  clear(): void {
    this.#steps.clear()
  }
}

function subjectOf(question: Question): number | 'listing' {
  return question.of === 'listing' ? 'listing' : question.market
}
