import type { ReadStatus } from '../../../../src/application/consistency/reading.ts'
import type { Confirmation } from '../../../../src/application/consistency/write-confirmation.ts'
import type { FaultKind } from './plan.ts'

/** What a run has seen. A run that saw no hit soon after an answered write, or no slow path, has proved nothing. */
export class Coverage {
  schedules = 0
  steps = 0
  hits = 0
  /** Hits at most two leases after a write to the view was answered: the only ones that could be stale. */
  hitsSoonAfterWrite = 0
  misses = 0
  unverified = 0
  /** Reads answered by 304: the client keeps what it has. */
  notModified = 0
  failed = 0
  readonly bypasses = new Map<string, number>()
  readonly confirmations = new Map<Confirmation, number>()
  readonly faults = new Map<FaultKind['kind'], number>()
  /** Schedules that were paths of the model; as how many of its runs, one for each tag of a view; and its steps. */
  paths = 0
  projections = 0
  readonly reached = new Map<string, number>()
  /** Schedules that were not held against the model, by the reason why. */
  readonly unmodelled = new Map<string, number>()

  read(status: ReadStatus, soonAfterWrite: boolean, notModified: boolean): void {
    if (notModified) this.notModified += 1
    if (status.kind === 'hit') {
      this.hits += 1
      if (soonAfterWrite) this.hitsSoonAfterWrite += 1
    }
    if (status.kind === 'miss') this.misses += 1
    if (status.kind === 'unverified') this.unverified += 1
    if (status.kind === 'bypass') count(this.bypasses, status.reason)
  }

  wrote(confirmation: Confirmation): void {
    count(this.confirmations, confirmation)
  }

  fault(kind: FaultKind['kind']): void {
    count(this.faults, kind)
  }

  leftOut(reason: string): void {
    count(this.unmodelled, reason)
  }

  /** A schedule that was a path of the model, through these steps. */
  path(projections: number, steps: ReadonlyMap<string, number>): void {
    this.paths += 1
    this.projections += projections
    merge(this.reached, steps)
  }

  /** Adds what another process has seen; of that, only the fields arrive. */
  add(other: Coverage): void {
    this.schedules += other.schedules
    this.steps += other.steps
    this.hits += other.hits
    this.hitsSoonAfterWrite += other.hitsSoonAfterWrite
    this.misses += other.misses
    this.unverified += other.unverified
    this.notModified += other.notModified
    this.failed += other.failed
    merge(this.bypasses, other.bypasses)
    merge(this.confirmations, other.confirmations)
    merge(this.faults, other.faults)
    this.paths += other.paths
    this.projections += other.projections
    merge(this.reached, other.reached)
    merge(this.unmodelled, other.unmodelled)
  }

  /** What was held against the model. */
  #held(): string {
    return `paths of the model: ${this.paths} schedules, held against it as ${this.projections} of its runs; left out: ${list(this.unmodelled)}`
  }

  toString(): string {
    return [
      `${this.schedules} schedules, ${this.steps} steps`,
      `reads: ${this.hits} hits (${this.hitsSoonAfterWrite} soon after an answered write), ${this.misses} misses, ${this.unverified} unverified; ${this.notModified} by 304`,
      `bypasses: ${list(this.bypasses)}`,
      `writes answered: ${list(this.confirmations)}; ${this.failed} requests failed`,
      `faults: ${list(this.faults)}`,
      ...(this.paths + this.unmodelled.size === 0 ? [] : [this.#held()]),
    ].join('\n')
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function merge<K>(into: Map<K, number>, from: ReadonlyMap<K, number>): void {
  for (const [key, number] of from) into.set(key, (into.get(key) ?? 0) + number)
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, number]) => `${number} ${name}`).join(', ') || 'none'
}
