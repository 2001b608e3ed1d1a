import {
  createGroupNotificationPair,
  type GroupDataSource,
  GroupLoader,
  type GroupLoaderConfig,
  type InMemoryGroupCacheConfiguration,
  RedisGroupCache,
} from 'layered-loader'
import { connect, type RedisConnection } from '../support/redis-connection.ts'
import { packageVersion } from './package-version.ts'
import type { Rival, RivalCache, RivalOptions } from './rival.ts'

const version = packageVersion('layered-loader')

interface Request {
  readonly key: string
  readonly load: () => Promise<string>
}

type Config = GroupLoaderConfig<string, Request>

export const layeredLoaderMemory: Rival = {
  name: 'layered-loader, memory',
  version,
  tiers: 'memory',
  shared: false,
  wiring: 'GroupLoader in memory, an entry’s group its first tag; invalidateCacheForGroup',
  open: async (options) => open({ inMemoryCache: memory(options) }, async () => {}),
}

export const layeredLoaderNotified: Rival = {
  name: 'layered-loader, memory + notifications',
  version,
  tiers: 'tiered',
  shared: true,
  wiring: 'GroupLoader in memory with its Redis notification pair; invalidateCacheForGroup',
  open: async (options) => {
    const notified = await notifications(options)
    return open({ inMemoryCache: memory(options), ...notified.pair }, notified.close)
  },
}

export const layeredLoaderRedis: Rival = {
  name: 'layered-loader, Redis',
  version,
  tiers: 'redis',
  shared: true,
  wiring: 'GroupLoader over RedisGroupCache, an entry’s group its first tag; invalidateCacheForGroup',
  open: async (options) => {
    const redis = await connect(options.redisUrl)
    return open({ inMemoryCache: false, asyncCache: remote(redis, options) }, async () => redis.disconnect())
  },
}

export const layeredLoaderTiered: Rival = {
  name: 'layered-loader, memory + Redis + notifications',
  version,
  tiers: 'tiered',
  shared: true,
  wiring: 'both tiers and the Redis notification pair; invalidateCacheForGroup',
  open: async (options) => {
    const redis = await connect(options.redisUrl)
    const notified = await notifications(options)
    const config = { inMemoryCache: memory(options), asyncCache: remote(redis, options), ...notified.pair }
    return open(config, async () => {
      await notified.close()
      redis.disconnect()
    })
  },
}

function memory({ ttlMs, maxEntries }: RivalOptions): InMemoryGroupCacheConfiguration {
  return { cacheType: 'lru-map', ttlInMsecs: ttlMs, maxGroups: maxEntries, maxItemsPerGroup: maxEntries }
}

function remote(redis: RedisConnection, { ttlMs }: RivalOptions): RedisGroupCache<string> {
  return new RedisGroupCache<string>(redis, { ttlInMsecs: ttlMs })
}

async function notifications({ redisUrl }: RivalOptions) {
  const publisherRedis = await connect(redisUrl)
  // A subscription's one command has no reply to wait for when it is made again.
  const consumerRedis = await connect(redisUrl)
  const { publisher, consumer } = createGroupNotificationPair<string>({
    channel: 'pages',
    publisherRedis,
    consumerRedis,
    errorHandler: () => {},
  })
  return {
    pair: { notificationPublisher: publisher, notificationConsumer: consumer },
    close: async () => {
      publisherRedis.disconnect()
      consumerRedis.disconnect()
    },
  }
}

const database: GroupDataSource<string, Request> = {
  name: 'database',
  getFromGroup: ({ load }) => load(),
  getManyFromGroup: async () => {
    throw new Error('No part of the benchmark reads many at once')
  },
}

async function open(config: Config, close: () => Promise<void>): Promise<RivalCache> {
  const loader = new GroupLoader<string, Request>({
    ...config,
    cacheKeyFromLoadParamsResolver: ({ key }) => key,
    dataSources: [database],
    throwIfLoadError: true,
    loadErrorHandler: () => {},
    cacheUpdateErrorHandler: () => {},
  })
  await loader.init()
  return {
    read: async (key, tags, load) => {
      const [request, group] = [{ key, load }, tags[0] ?? key]
      // README, «Synchronous short-circuit»: its fastest way.
      const text = loader.getInMemoryOnly(request, group) ?? (await loader.getAsyncOnly(request, group))
      if (text === undefined || text === null) throw new Error(`${key}: layered-loader found nothing`)
      return text
    },
    invalidate: async ({ tags }) => {
      await Promise.all(tags.map((tag) => loader.invalidateCacheForGroup(tag)))
    },
    close,
  }
}
