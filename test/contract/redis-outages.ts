import type { RedisCacheOptions } from '../../src/adapters/cache/redis-backed-cache.ts'
import type { CachePort } from '../../src/application/consistency/ports/cache-port.ts'
import { startRedis } from '../support/redis.ts'
import type { CacheTraits, Outage } from './cache-contract.ts'

/** What becomes of a cache on a Redis of its own that is stopped (SIGSTOP), or killed. */
export function redisOutages(
  make: (options: Pick<RedisCacheOptions, 'url' | 'timeoutMs' | 'invalidateTimeoutMs'>) => CachePort,
): Required<Pick<CacheTraits, 'stalled' | 'gone'>> {
  const prepare = async () => {
    const server = await startRedis()
    const cache = make({ url: server.url, timeoutMs: 100, invalidateTimeoutMs: 200 })
    return { server, cache, end: () => server.stop() }
  }
  const stalled = async (): Promise<Outage> => {
    const { server, ...rest } = await prepare()
    return { ...rest, begin: () => server.pause(), resume: () => server.resume() }
  }
  const gone = async (): Promise<Outage> => {
    const { server, ...rest } = await prepare()
    return { ...rest, begin: () => server.kill(), resume: () => server.restart() }
  }
  return { stalled, gone }
}
