/**
 * Remembers what was used lately, in two generations: when the young one is full, it becomes the old one, and what
 * was not used since is forgotten. Bounded like an LRU, at the cost of a `Map`.
 */
export class RecentlyUsed<Value> {
  readonly #generation: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  /** @param most values, of which at least half are the ones used last. */
  constructor(most: number) {
    this.#generation = Math.ceil(most / 2)
  }

  get(key: string): Value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#generation && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }
}
