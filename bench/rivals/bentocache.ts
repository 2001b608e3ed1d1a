import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis'
import { Redis, type RedisOptions } from 'ioredis'
import { connectionOptions } from '../support/redis-connection.ts'
import { packageVersion } from './package-version.ts'
import type { Rival, RivalOptions } from './rival.ts'

type Store = ReturnType<typeof bentostore>

const version = packageVersion('bentocache')

export const bentocacheMemory: Rival = {
  name: 'bentocache, memory',
  version,
  tiers: 'memory',
  shared: false,
  wiring: 'memoryDriver as L1, which need not serialize; getOrSet with tags, deleteByTag',
  open: async (options) => {
    const driver = memoryDriver({ maxItems: options.maxEntries, serialize: false })
    return open(bentostore().useL1Layer(driver), options, async () => {})
  },
}

export const bentocacheRedis: Rival = {
  name: 'bentocache, Redis',
  version,
  tiers: 'redis',
  shared: true,
  wiring: 'redisDriver as L2; getOrSet with tags, deleteByTag',
  open: async (options) => {
    const connection = await connect(options.redisUrl)
    const store = bentostore().useL2Layer(redisDriver({ connection }))
    return open(store, options, async () => connection.disconnect())
  },
}

export const bentocacheTiered: Rival = {
  name: 'bentocache, memory + Redis + bus',
  version,
  tiers: 'tiered',
  shared: true,
  wiring: 'memoryDriver, redisDriver, redisBusDriver with its retry queue; getOrSet with tags, deleteByTag',
  open: async (options) => {
    const connection = await connect(options.redisUrl)
    const bus = redisBusDriver({
      connection,
      retryQueue: { enabled: true, retryInterval: '100ms' },
    })
    const store = bentostore().useL1Layer(memory(options)).useL2Layer(redisDriver({ connection })).useBus(bus)
    const cache = await open(store, options, async () => connection.disconnect())
    await connection.untilDuplicatesAnswer()
    return cache
  },
}

/** Serializing: over Redis, an entry that came from there could not be read otherwise (Julien-R44/bentocache#111). */
function memory({ maxEntries }: RivalOptions) {
  return memoryDriver({ maxItems: maxEntries })
}

async function open(store: Store, { ttlMs }: RivalOptions, close: () => Promise<void>) {
  const bento = new BentoCache({
    default: 'pages',
    stores: { pages: store },
    ttl: ttlMs,
    // For every operation: an error while it looks a tag up would leave the key's lock taken for ever.
    suppressL2Errors: true,
  })
  // A store is made when it is first used. A bus made while Redis is gone ends the process: its failure is never caught.
  bento.use('pages')
  return {
    read: (key: string, tags: readonly string[], load: () => Promise<string>) =>
      bento.getOrSet({ key, factory: load, tags: [...tags] }),
    invalidate: async ({ tags }: { tags: readonly string[] }) => {
      await bento.deleteByTag({ tags: [...tags] })
    },
    close: async () => {
      await bento.disconnectAll()
      await close()
    },
  }
}

/** The bus duplicates its connection, and a duplicate without a listener would print every error of an outage. */
class QuietRedis extends Redis {
  readonly #duplicates: QuietRedis[] = []

  constructor(options: RedisOptions) {
    super(options)
    this.on('error', () => {})
  }

  override duplicate(override?: Partial<RedisOptions>): QuietRedis {
    const duplicate = new QuietRedis({ ...this.options, ...override })
    this.#duplicates.push(duplicate)
    return duplicate
  }

  /** And so have executed what was asked of them before, such as to subscribe; no other contestant waits for that. */
  async untilDuplicatesAnswer(): Promise<void> {
    await Promise.all(this.#duplicates.map((duplicate) => duplicate.ping()))
  }
}

/** Over the ioredis that bentocache asks for, which is older than the product's. */
async function connect(url: string): Promise<QuietRedis> {
  const redis = new QuietRedis(connectionOptions(url))
  await redis.connect()
  return redis
}
