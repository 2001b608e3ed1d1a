import { setTimeout as sleep } from 'node:timers/promises'
import { Api, activeMarket, organizer } from '../../test/support/api.ts'
import { freshDatabase } from '../../test/support/postgres.ts'
import { startRedis } from '../../test/support/redis.ts'
import { redisVersion } from '../support/machine.ts'
import { type Running, run } from './contestant.ts'

/** What the page shows: with this many summaries it is about 4 kB of JSON. */
const MARKETS = 24
export const PAGE = `/markets?page=1&page_size=${MARKETS}`

export const CACHES = ['lru', 'tiered', 'redis', 'null'] as const
export type Cache = (typeof CACHES)[number]

/** A database with markets, a Redis, and the page's bytes. */
export interface Stage {
  readonly page: string
  readonly redisVersion: string
  /** Starts our service; resolves when the page comes from its cache, if it has any. */
  service(cache: Cache): Promise<Running>
  /** Starts an Express that sends the page's bytes and does nothing else. */
  constantExpress(): Promise<Running>
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const database = await freshDatabase()
  const redis = await startRedis()
  const service = async (cache: Cache) => {
    const running = await run('src/infrastructure/main.ts', {
      DATABASE_URL: database.url,
      CACHE: cache,
      SINGLE_INSTANCE: 'false',
      SEED_DEMO: 'false',
      RATE_LIMIT: 'off',
      LOG_LEVEL: 'warn',
      JWT_SECRET: 'a secret that only this benchmark uses',
      REDIS_URL: redis.url,
    })
    if (cache !== 'null') await untilHit(running.url)
    return running
  }
  const page = await fillDatabase(service)
  return {
    page,
    redisVersion: await redisVersion(redis),
    service,
    constantExpress: () => run('bench/http/constant-express.ts', { BODY: page }),
    close: async () => {
      await redis.stop()
      await database.drop()
    },
  }
}

async function fillDatabase(service: (cache: Cache) => Promise<Running>): Promise<string> {
  const running = await service('null')
  try {
    const rosa = await organizer(new Api(running.url))
    for (let i = 1; i <= MARKETS; i++) await activeMarket(rosa, { name: `Harbor Market on Pier ${i}` })
    return (await fetch(running.url + PAGE)).text()
  } finally {
    await running.stop()
  }
}

async function untilHit(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const response = await fetch(url + PAGE)
    await response.arrayBuffer()
    if (response.headers.get('cache-status')?.includes('; hit')) return
    await sleep(25)
  }
  throw new Error('The cache never answers')
}
