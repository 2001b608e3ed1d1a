/** How many of the last latencies the percentiles are taken from. */
const WINDOW = 512

/** The latencies that were seen last, in ms. */
export class LatencyWindow {
  readonly #ms = new Float64Array(WINDOW)
  #count = 0

  /** All that were ever seen. */
  get count(): number {
    return this.#count
  }

  add(ms: number): void {
    this.#ms[this.#count % WINDOW] = ms
    this.#count += 1
  }

  percentiles(): { readonly p50Ms: number; readonly p99Ms: number } {
    const sorted = this.#ms.slice(0, Math.min(this.#count, WINDOW)).sort()
    return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) }
  }
}

/** The nearest rank: a value that occurred, never one in between. */
function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
