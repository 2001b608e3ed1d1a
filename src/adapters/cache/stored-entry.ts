import type { Entry, Fence } from '../../application/consistency/ports/cache-port.ts'

/** An entry as it is kept: with the stamps observed before its load began, and the time after which no tier keeps it. */
export interface StoredEntry {
  readonly entry: Entry
  readonly fence: Fence
  /** In ms since the epoch, by the clock of the instance that stored it. */
  readonly keptUntil: number
}
