import { connectCountingClient } from '../../adapters/cache/counting-client.ts'
import { inRedis } from '../../adapters/http/kit/limiters.ts'
import { RateLimits } from '../../adapters/http/kit/rate-limits.ts'
import type { Config } from './config.ts'

export interface OpenLimits {
  /** Absent: nothing is limited. */
  readonly limits: RateLimits | undefined
  close(): void
}

/** The limits of all instances together where there is a Redis to count in, of this process alone where not. */
export function openLimits({ rateLimit, redisUrls, redisPrefix, redisTimeoutMs }: Config): OpenLimits {
  if (!rateLimit || redisUrls.length === 0) {
    return { limits: rateLimit ? new RateLimits() : undefined, close: () => {} }
  }
  const client = connectCountingClient(redisUrls, redisTimeoutMs)
  const limiters = inRedis({ client, prefix: `${redisPrefix}limit:`, timeoutMs: redisTimeoutMs })
  return { limits: new RateLimits(limiters), close: () => client.disconnect() }
}
