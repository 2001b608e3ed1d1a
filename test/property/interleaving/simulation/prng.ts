/** A seeded stream of choices (mulberry32): the same seed, the same schedule. */
export class Prng {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** A number in [0, 1). */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  below(n: number): number {
    return Math.floor(this.fraction() * n)
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** One of them; there has to be one. */
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }
}
