import type { Entry, Fence } from '../../application/ports/cache-port.ts'

/** An entry as it is kept: with the stamps observed before its load began, and the time after which nobody keeps it. */
export interface StoredEntry {
  readonly entry: Entry
  readonly fence: Fence
  /** In ms since the epoch, by the clock of the instance that stored it. */
  readonly keptUntil: number
}

/** The whole rule of the fence: an entry may be served only while its stamps are its tags' stamps. */
export function sameFence(stored: Fence, current: Fence): boolean {
  if (stored.length !== current.length) return false
  for (let i = 0; i < stored.length; i++) if (stored[i] !== current[i]) return false
  return true
}
