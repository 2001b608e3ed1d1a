import type { ReadStatus } from '../../../../src/application/caching/reading.ts'
import type { Confirmation } from '../../../../src/application/caching/write-confirmation.ts'
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

  toString(): string {
    return [
      `${this.schedules} schedules, ${this.steps} steps`,
      `reads: ${this.hits} hits (${this.hitsSoonAfterWrite} soon after an answered write), ${this.misses} misses, ${this.unverified} unverified; ${this.notModified} by 304`,
      `bypasses: ${list(this.bypasses)}`,
      `writes answered: ${list(this.confirmations)}; ${this.failed} requests failed`,
      `faults: ${list(this.faults)}`,
    ].join('\n')
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, number]) => `${number} ${name}`).join(', ') || 'none'
}
