import type { RedisCacheOptions } from '../../src/adapters/cache/redis-backed-cache.ts'
import type { CachePort } from '../../src/application/consistency/ports/cache-port.ts'
import { startRedis } from '../support/redis.ts'
import { type Stalled, untilUsable } from './cache-contract.ts'

/** A cache on a server of its own that is stopped (SIGSTOP) once it is in use. */
export function stalledRedis(make: (options: RedisCacheOptions) => CachePort): () => Promise<Stalled> {
  return async () => {
    const server = await startRedis()
    const cache = make({ url: server.url, timeoutMs: 100, invalidateTimeoutMs: 200 })
    const end = async () => {
      server.resume()
      await cache.close()
      await server.stop()
    }
    try {
      await untilUsable(cache)
      server.pause()
      return { cache, resume: () => server.resume(), end }
    } catch (error) {
      await end()
      throw error
    }
  }
}
