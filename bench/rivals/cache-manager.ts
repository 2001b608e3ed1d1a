import KeyvRedis from '@keyv/redis'
import { createCache } from 'cache-manager'
import { Keyv } from 'keyv'
import { COMMAND_TIMEOUT_MS } from '../support/redis-connection.ts'
import { packageVersion } from './package-version.ts'
import type { Rival, RivalCache, RivalOptions } from './rival.ts'

const version = `${packageVersion('cache-manager')}, keyv ${packageVersion('keyv')}, @keyv/redis ${packageVersion('@keyv/redis')}`

/** There is no bus: for this long, in ms, the memory of one instance may keep what another has deleted. */
const MEMORY_TTL_MS = 1000

export const cacheManagerMemory: Rival = {
  name: 'cache-manager, memory',
  version,
  tiers: 'memory',
  shared: false,
  wiring: 'Keyv in memory, as createCache() makes it; wrap, mdel',
  open: async (options) => open([memory(options.ttlMs)]),
}

export const cacheManagerRedis: Rival = {
  name: 'cache-manager, Redis',
  version,
  tiers: 'redis',
  shared: true,
  wiring: 'Keyv over @keyv/redis, wrap, mdel',
  open: async (options) => open([redis(options)]),
}

export const cacheManagerTiered: Rival = {
  name: 'cache-manager, memory + Redis',
  version,
  tiers: 'tiered',
  shared: true,
  wiring: `both stores, the memory’s TTL ${MEMORY_TTL_MS / 1000} s, since it has no bus; wrap, mdel`,
  open: async (options) => open([memory(MEMORY_TTL_MS), redis(options)]),
}

/** Its own default store, without bound and without serializing. */
function memory(ttl: number): Keyv {
  const keyv = new Keyv({ ttl })
  keyv.serialize = undefined
  keyv.deserialize = undefined
  return keyv
}

/** As it comes, `@keyv/redis` reports errors as events and answers as if nothing had been found, or deleted. */
function redis({ redisUrl, ttlMs }: RivalOptions): Keyv {
  const store = new KeyvRedis({
    url: redisUrl,
    socket: {
      connectTimeout: COMMAND_TIMEOUT_MS,
      reconnectStrategy: (attempt: number) => Math.min(attempt * 50, 500),
    },
    commandOptions: { timeout: COMMAND_TIMEOUT_MS },
  })
  return new Keyv({ store, ttl: ttlMs, useKeyPrefix: false })
}

async function open(stores: Keyv[]): Promise<RivalCache> {
  for (const store of stores) store.on('error', () => {})
  const cache = createCache({ stores })
  // The first command connects; its failure would otherwise look like an empty cache.
  await cache.get('connected?')
  return {
    read: (key, _tags, load) => cache.wrap(key, load),
    invalidate: async ({ keys }) => {
      await cache.mdel([...keys])
    },
    close: async () => {
      await cache.disconnect()
    },
  }
}
