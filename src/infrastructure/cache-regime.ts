import type { CachePort } from '../application/consistency/ports/cache-port.ts'
import type { Config } from './config.ts'

/**
 * What all instances on one database must agree on, as text that is equal exactly where they do: or one's writes would
 * not wait as long as the other's reads trust, or would delete stamps where the other does not look for them.
 * The servers' addresses are not in it, since instances may reach one Redis in different ways.
 */
export function regimeOf(
  { leaseMs, redisUrls, redisPrefix }: Pick<Config, 'leaseMs' | 'redisUrls' | 'redisPrefix'>,
  { reach }: Pick<CachePort, 'reach'>,
): string {
  if (reach !== 'shared') return `${reach}/${leaseMs}`
  const database = new URL(redisUrls[0] ?? '').pathname.slice(1) || '0'
  return `${reach}/${leaseMs}/${database}/${redisPrefix}`
}
