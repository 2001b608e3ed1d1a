import type { CacheHealth } from '../consistency/ports/cache-port.ts'
import type { ShadowOutcome } from '../consistency/shadow-check.ts'
import type { Confirmation } from '../consistency/write-confirmation.ts'

/** What an operator's page shows of this instance. Counts are since its start, times in ms. */
export interface StatisticsSnapshot {
  /** ISO 8601. */
  readonly at: string
  readonly cache: CacheHealth & { readonly name: string }
  readonly lease: { readonly held: boolean; readonly ageMs: number | null }
  /** What keeps PostgreSQL from serving this instance, as a word and in words; null: nothing. */
  readonly database: { readonly cause: string; readonly says: string } | null
  /** Instances with a cache of their own, which writes wait for. */
  readonly holders: readonly {
    readonly id: string
    readonly state: 'active' | 'lost' | 'retired'
    /** Since its last acknowledgement came; null: none has. */
    readonly acknowledgedMs: number | null
  }[]
  /** Rows of the log that the last drain could not apply. */
  readonly pending: { readonly rows: number; readonly oldestMs: number }
  readonly loadsInFlight: number
  /** `detail`: the tier of a hit, whether a miss was stored, why the cache was bypassed. */
  readonly reads: readonly {
    readonly view: string
    readonly result: 'hit' | 'miss' | 'bypass' | 'unverified'
    readonly detail: string
    readonly count: number
  }[]
  readonly fills: readonly { readonly view: string; readonly outcome: string; readonly count: number }[]
  /** How long the last loads of each view took, stored or not. */
  readonly loads: readonly ViewLoads[]
  readonly writes: readonly { readonly confirmation: Confirmation; readonly count: number }[]
  readonly shadow: readonly { readonly outcome: ShadowOutcome; readonly count: number }[]
  /** Per route, over its last requests. */
  readonly latencies: readonly RouteLatency[]
  /** This instance's last writes, newest first. */
  readonly invalidations: readonly RecentInvalidation[]
  /** Newest first. */
  readonly violations: readonly RecentViolation[]
}

export interface ViewLoads {
  readonly view: string
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface RouteLatency {
  readonly method: string
  /** The pattern: `/markets/:id`. */
  readonly route: string
  /** Requests since the start, and how many of them were answered with 5xx. */
  readonly requests: number
  readonly failures: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface RecentInvalidation {
  readonly at: string
  /** The types of the events, or `by-hand`. */
  readonly causes: readonly string[]
  readonly tags: readonly string[]
  readonly confirmation: Confirmation
  /** What it waited for in vain: `log`, `cache`, or `holders` and their ids. Absent: it was confirmed. */
  readonly waitedFor?: string
  readonly waitedMs: number
}

export interface RecentViolation {
  readonly at: string
  readonly view: string
  readonly key: string
  readonly tags: readonly string[]
  /** Entity tags: what was served, and what the database says. */
  readonly served: string
  readonly found: string
}

/** What this instance knows of itself. */
export abstract class Statistics {
  abstract snapshot(): Promise<StatisticsSnapshot>
}
