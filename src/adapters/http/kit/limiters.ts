import { hash } from 'node:crypto'
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RLWrapperTimeouts,
} from 'rate-limiter-flexible'

/** Counts points per key within a window. */
export type Limiter = Pick<RateLimiterAbstract, 'consume' | 'reward' | 'delete' | 'get'>

/** Makes limiters; `name` keeps their keys apart. `points` per `duration`, in seconds. */
export type Limiters = (
  name: string,
  allowance: { readonly points: number; readonly duration: number },
) => Limiter

/** Each process counts for itself. */
export const inMemory: Limiters = (_name, allowance) => new RateLimiterMemory(allowance)

export interface SharedCounting {
  /** An ioredis client that queues nothing while it is not connected. */
  readonly client: object
  /** Before every key. */
  readonly prefix: string
  /** The longest a request waits for Redis, in ms, per count. */
  readonly timeoutMs: number
}

/**
 * All processes count together, in Redis. While Redis is gone or slow each counts for itself: a limit that fails open
 * for some seconds does less harm than logins that fail.
 */
export function inRedis({ client, prefix, timeoutMs }: SharedCounting): Limiters {
  return (name, allowance) => {
    const shared = new RateLimiterRedis({
      ...allowance,
      storeClient: client,
      keyPrefix: `${prefix}${name}`,
      rejectIfRedisNotReady: true,
    })
    const insuranceLimiter = new RateLimiterMemory(allowance)
    const limiter = new RLWrapperTimeouts({ limiter: shared, timeoutMs, insuranceLimiter })
    return {
      consume: (key) => limiter.consume(nameless(String(key))),
      reward: (key) => limiter.reward(nameless(String(key))),
      delete: (key) => limiter.delete(nameless(String(key))),
      get: (key) => limiter.get(nameless(String(key))),
    }
  }
}

/** Who can look into Redis learns no e-mail address and no network from it, and no key is longer than another. */
function nameless(key: string): string {
  return hash('sha256', key, 'base64url')
}
