import type { CachePort } from './ports/cache-port.ts'

/**
 * What all instances on one database must agree on, as text that is equal exactly where they do: or one's writes would
 * not wait as long as the other's reads trust, or would delete stamps where the other does not look for them.
 */
export function sharedSettingsOf(
  { leaseMs }: { readonly leaseMs: number },
  { reach, identity, behind }: Pick<CachePort, 'reach' | 'identity' | 'behind'>,
): string {
  // Not beside shared caches: of a release that knew no holders, their writes would wait for none.
  if (behind !== undefined) return `near/${leaseMs}/${identity}`
  // Not by the name of the release before, whose writes wait for no holder, and whose readers are none.
  if (reach === 'private') return `holders/${leaseMs}`
  return reach === 'shared' ? `${reach}/${leaseMs}/${identity}` : `${reach}/${leaseMs}`
}
