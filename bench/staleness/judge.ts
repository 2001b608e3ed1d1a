/** One market as a reader was told it is. Versions are made under the row's lock, and only grow. */
export interface Seen {
  readonly market: number
  readonly version: number
}

/** What had been answered when a read began: nothing older may be returned. */
export type Floor = readonly number[]

/**
 * Judges as the proof's checker does, while the run goes on: a read returns at least the greatest version that was
 * answered before it began. Call it in the tick in which the thing happens; times are monotonic, in ms.
 */
export class Judge {
  readonly #floor: number[]
  /** Per market: when a version newer than this one was first answered. */
  readonly #supersededAt: number[][]
  readonly #first: readonly number[]
  reads = 0
  staleReads = 0
  /** From the answer of the first write that a read missed to the read's own answer, at worst, in ms. */
  longestStaleMs = 0

  /** `first`: every market's version before the run. */
  constructor(first: readonly number[]) {
    this.#first = first
    this.#floor = [...first]
    this.#supersededAt = first.map(() => [])
  }

  readBegins(): Floor {
    return [...this.#floor]
  }

  /** True if it was stale. A list counts as one read, however many of its rows are old. */
  readAnswered(floor: Floor, seen: readonly Seen[], now: number): boolean {
    const old = seen.filter(({ market, version }) => version < floor[market]!)
    this.reads += 1
    if (old.length === 0) return false
    this.staleReads += 1
    for (const { market, version } of old) {
      const since = this.#supersededAt[market]![version - this.#first[market]!]
      if (since !== undefined) this.longestStaleMs = Math.max(this.longestStaleMs, now - since)
    }
    return true
  }

  writeAnswered(market: number, version: number, now: number): void {
    const superseded = this.#supersededAt[market]!
    for (let older = superseded.length + this.#first[market]!; older < version; older++) superseded.push(now)
    this.#floor[market] = Math.max(this.#floor[market]!, version)
  }
}
