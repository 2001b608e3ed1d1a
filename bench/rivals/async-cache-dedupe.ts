import { createCache, type StorageInputMemory, type StorageInputRedis } from 'async-cache-dedupe'
import { connect } from '../support/redis-connection.ts'
import { packageVersion } from './package-version.ts'
import type { Rival, RivalCache } from './rival.ts'

const version = packageVersion('async-cache-dedupe')

interface Request {
  readonly key: string
  readonly tags: readonly string[]
  readonly load: () => Promise<string>
}

export const asyncCacheDedupeMemory: Rival = {
  name: 'async-cache-dedupe, memory',
  version,
  tiers: 'memory',
  shared: false,
  wiring: 'storage memory with invalidation; references, invalidateAll',
  open: async ({ ttlMs, maxEntries }) =>
    open({ type: 'memory', options: { size: maxEntries, invalidation: true } }, ttlMs, async () => {}),
}

export const asyncCacheDedupeRedis: Rival = {
  name: 'async-cache-dedupe, Redis',
  version,
  tiers: 'redis',
  shared: true,
  wiring: 'storage redis with invalidation, referencesTTL as long as the TTL; references, invalidateAll',
  open: async ({ redisUrl, ttlMs }) => {
    const client = await connect(redisUrl)
    const invalidation = { referencesTTL: Math.ceil(ttlMs / 1000) }
    return open({ type: 'redis', options: { client, invalidation } }, ttlMs, async () => client.disconnect())
  },
}

function open(
  storage: StorageInputMemory | StorageInputRedis,
  ttlMs: number,
  close: () => Promise<void>,
): RivalCache {
  const cache = createCache({ ttl: Math.ceil(ttlMs / 1000), storage }).define(
    'page',
    {
      serialize: ({ key }: Request) => key,
      references: ({ tags }: Request) => [...tags],
    },
    ({ load }: Request) => load(),
  )
  return {
    read: (key, tags, load) => cache.page({ key, tags, load }),
    invalidate: async ({ tags }) => {
      await cache.invalidateAll([...tags])
    },
    close,
  }
}
