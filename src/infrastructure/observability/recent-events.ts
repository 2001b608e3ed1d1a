import type { Clock } from '../../application/consistency/ports/clock.ts'
import type { ShadowReport } from '../../application/consistency/shadow-check.ts'
import type { WriteReport } from '../../application/consistency/unit-of-work.ts'
import type {
  RecentInvalidation,
  RecentViolation,
  RouteLatency,
  ViewLoads,
} from '../../application/ports/statistics.ts'
import { methodLabel } from './metrics.ts'

const INVALIDATIONS = 100
const VIOLATIONS = 20
/** A write to a vendor of a thousand markets has as many tags; no operator reads them all. */
const TAGS = 50

interface Requests {
  readonly latencies: LatencyWindow
  failures: number
}

/** What happened last, for people who watch: bounded, and forgotten with the process. */
export class RecentEvents {
  readonly #clock: Clock
  readonly #invalidations: RecentInvalidation[] = []
  readonly #violations: RecentViolation[] = []
  readonly #requests = new Map<string, Map<string, Requests>>()
  readonly #loads = new Map<string, LatencyWindow>()

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
    return [...this.#requests].flatMap(([route, ofRoute]) =>
      [...ofRoute].map(([method, { latencies, failures }]) => {
        return { method, route, requests: latencies.count, failures, ...latencies.percentiles() }
      }),
    )
  }

  get loads(): readonly ViewLoads[] {
    return [...this.#loads].map(([view, window]) => ({ view, ...window.percentiles() }))
  }

  wrote({ causes, tags, confirmation, waitedFor, waitedMs }: WriteReport): void {
    const at = this.#now()
    keep(
      this.#invalidations,
      {
        at,
        causes,
        tags: tags.slice(0, TAGS),
        confirmation,
        ...(waitedFor && { waitedFor: [waitedFor.reason, ...waitedFor.holders].join(' ') }),
        waitedMs,
      },
      INVALIDATIONS,
    )
  }

  shadowChecked({ outcome, view, key, tags, served, found = '' }: ShadowReport): void {
    if (outcome !== 'violation') return
    keep(this.#violations, { at: this.#now(), view, key, tags, served, found }, VIOLATIONS)
  }

  loaded(view: string, ms: number): void {
    let window = this.#loads.get(view)
    if (window === undefined) {
      window = new LatencyWindow()
      this.#loads.set(view, window)
    }
    window.add(ms)
  }

  requested(method: string, route: string, status: number, ms: number): void {
    const label = methodLabel(method, status)
    let ofRoute = this.#requests.get(route)
    if (ofRoute === undefined) {
      ofRoute = new Map()
      this.#requests.set(route, ofRoute)
    }
    let requests = ofRoute.get(label)
    if (requests === undefined) {
      requests = { latencies: new LatencyWindow(), failures: 0 }
      ofRoute.set(label, requests)
    }
    requests.latencies.add(ms)
    if (status >= 500) requests.failures += 1
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }
}

function keep<T>(list: T[], item: T, most: number): void {
  if (list.push(item) > most) list.shift()
}

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
