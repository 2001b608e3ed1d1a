import type { ShadowReport } from '../application/caching/shadow-check.ts'
import type { WriteReport } from '../application/caching/unit-of-work.ts'
import type { Clock } from '../application/ports/clock.ts'
import type { RecentInvalidation, RecentViolation, RouteLatency } from '../application/ports/statistics.ts'

const INVALIDATIONS = 100
const VIOLATIONS = 20
/** A write to a vendor of a thousand markets has as many tags; nobody reads them all. */
const TAGS = 50

/** What happened last, for people who watch: bounded, and forgotten with the process. */
export class RecentEvents {
  readonly #clock: Clock
  readonly #invalidations: RecentInvalidation[] = []
  readonly #violations: RecentViolation[] = []
  readonly #latencies = new Map<string, Map<string, LatencyWindow>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Newest first. */
  get invalidations(): readonly RecentInvalidation[] {
    return this.#invalidations.toReversed()
  }

  /** Newest first. */
  get violations(): readonly RecentViolation[] {
    return this.#violations.toReversed()
  }

  get latencies(): readonly RouteLatency[] {
    return [...this.#latencies.values()].flatMap((ofRoute) =>
      [...ofRoute.values()].map((window) => window.summary()),
    )
  }

  wrote({ causes, tags, confirmation, waitedMs }: WriteReport): void {
    const at = this.#now()
    keep(
      this.#invalidations,
      { at, causes, tags: tags.slice(0, TAGS), confirmation, waitedMs },
      INVALIDATIONS,
    )
  }

  shadowChecked({ outcome, view, key, tags, served, found = '' }: ShadowReport): void {
    if (outcome !== 'violation') return
    keep(this.#violations, { at: this.#now(), view, key, tags, served, found }, VIOLATIONS)
  }

  requested(method: string, route: string, status: number, ms: number): void {
    let ofRoute = this.#latencies.get(route)
    if (ofRoute === undefined) {
      ofRoute = new Map()
      this.#latencies.set(route, ofRoute)
    }
    let window = ofRoute.get(method)
    if (window === undefined) {
      window = new LatencyWindow(method, route)
      ofRoute.set(method, window)
    }
    window.add(status, ms)
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }
}

function keep<T>(list: T[], item: T, most: number): void {
  if (list.push(item) > most) list.shift()
}

/** How many of a route's last requests its percentiles are taken from. */
const WINDOW = 512

class LatencyWindow {
  readonly #method: string
  readonly #route: string
  readonly #ms = new Float64Array(WINDOW)
  #requests = 0
  #failures = 0

  constructor(method: string, route: string) {
    this.#method = method
    this.#route = route
  }

  add(status: number, ms: number): void {
    this.#ms[this.#requests % WINDOW] = ms
    this.#requests += 1
    if (status >= 500) this.#failures += 1
  }

  summary(): RouteLatency {
    const sorted = this.#ms.slice(0, Math.min(this.#requests, WINDOW)).sort()
    return {
      method: this.#method,
      route: this.#route,
      requests: this.#requests,
      failures: this.#failures,
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
    }
  }
}

/** The nearest rank: a value that occurred, never one in between. */
function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
