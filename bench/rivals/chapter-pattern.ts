import { connect } from '../support/redis-connection.ts'
import type { Rival } from './rival.ts'

/** The textbook's cache-aside: GET; on a miss query, then SETEX; after a commit DEL. Nothing fences a slow query. */
export const chapterPattern: Rival = {
  name: 'cache-aside, as in the textbook',
  version: 'ioredis alone',
  tiers: 'redis',
  shared: true,
  wiring: 'GET; on a miss the query, then SETEX; after a commit DEL of every key',
  open: async ({ redisUrl, ttlMs }) => {
    const redis = await connect(redisUrl)
    const ttlS = Math.ceil(ttlMs / 1000)
    return {
      read: async (key, _tags, load) => {
        const cached = await redis.get(key).catch(() => null)
        if (cached !== null) return cached
        const loaded = await load()
        await redis.setex(key, ttlS, loaded).catch(() => undefined)
        return loaded
      },
      invalidate: async ({ keys }) => {
        await redis.del(...keys)
      },
      close: async () => redis.disconnect(),
    }
  },
}
