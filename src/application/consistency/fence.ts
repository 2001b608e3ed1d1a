import type { Fence } from './ports/cache-port.ts'

/** The whole rule of the fence: an entry may be served only while its stamps are its tags' stamps. */
export function sameFence(stored: Fence, current: readonly (string | undefined)[]): boolean {
  if (stored.length !== current.length) return false
  for (let i = 0; i < stored.length; i++) if (stored[i] !== current[i]) return false
  return true
}
