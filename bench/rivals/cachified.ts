import { type Cache, type CacheEntry, cachified, totalTtl } from '@epic-web/cachified'
import { LRUCache } from 'lru-cache'
import { connect, type RedisConnection } from '../support/redis-connection.ts'
import { packageVersion } from './package-version.ts'
import type { Rival, RivalCache } from './rival.ts'

const version = packageVersion('@epic-web/cachified')

export const cachifiedMemory: Rival = {
  name: 'cachified, memory',
  version,
  tiers: 'memory',
  shared: false,
  wiring: 'README’s adapter of lru-cache; delete',
  open: async ({ maxEntries, ttlMs }) => open(overLru(maxEntries), ttlMs, async () => {}),
}

export const cachifiedRedis: Rival = {
  name: 'cachified, Redis',
  version,
  tiers: 'redis',
  shared: true,
  wiring: 'an adapter of ioredis like README’s for redis; delete',
  open: async ({ redisUrl, ttlMs }) => {
    const redis = await connect(redisUrl)
    return open(overRedis(redis), ttlMs, async () => redis.disconnect())
  },
}

function open(cache: Cache, ttl: number, close: () => Promise<void>): RivalCache {
  return {
    read: (key, _tags, load) => cachified({ key, cache, ttl, getFreshValue: load }),
    invalidate: async ({ keys }) => {
      await Promise.all(keys.map((key) => cache.delete(key)))
    },
    close,
  }
}

function overLru(max: number): Cache {
  const entries = new LRUCache<string, CacheEntry>({ max })
  return {
    name: 'LRU',
    get: (key) => entries.get(key),
    set: (key, entry) => {
      const { metadata } = entry
      entries.set(key, entry, { ttl: totalTtl(metadata), start: metadata.createdTime })
    },
    delete: (key) => entries.delete(key),
  }
}

function overRedis(redis: RedisConnection): Cache {
  return {
    name: 'Redis',
    get: async (key) => {
      // An error here would fail the read: cachified answers it by deleting the key, which fails as well.
      const text = await redis.get(key).catch(() => null)
      return text === null ? null : JSON.parse(text)
    },
    set: (key, entry) => redis.set(key, JSON.stringify(entry), 'PX', totalTtl(entry.metadata)),
    delete: (key) => redis.del(key),
  }
}
