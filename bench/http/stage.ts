import { setTimeout as sleep } from 'node:timers/promises'
import { Api, activeMarket, organizer } from '../../test/support/api.ts'
import { freshDatabase } from '../../test/support/postgres.ts'
import { startRedis } from '../../test/support/redis.ts'
import type { Rival } from '../rivals/rival.ts'
import { DatabaseCopies } from '../support/database-copies.ts'
import { redisVersion } from '../support/machine.ts'
import { type Running, run } from './contestant.ts'

/** What the page shows: with this many summaries it is about 4 kB of JSON. */
const MARKETS = 24
export const PAGE = `/markets?page=1&page_size=${MARKETS}`

export const CACHES = ['lru', 'near', 'tiered', 'redis', 'null'] as const
export type Cache = (typeof CACHES)[number]

/** Databases with the same markets, a Redis, and the page's bytes. All servers may run at a time. */
export interface Stage {
  readonly page: string
  readonly redisVersion: string
  /** Starts our service; resolves when the page comes from its cache, if it has any. `env` has the last word. */
  service(cache: Cache, env?: Record<string, string>): Promise<Running>
  rival(rival: Rival): Promise<Running>
  /** Starts a server that sends the page's bytes and does nothing else. */
  constant(server: 'node' | 'express' | 'compressing-express'): Promise<Running>
  /** Starts a server that asks Redis for the page's bytes, and does nothing else. */
  bareRedis(): Promise<Running>
  /** CPU time that Redis has used so far, in µs. */
  redisCpuUs(): Promise<number>
  close(): Promise<void>
}

/** @param modules are imported by every server that is started on it. */
export async function openStage(modules: readonly string[] = []): Promise<Stage> {
  const redis = await startRedis()
  const original = await freshDatabase()
  const settings = (cache: Cache, database: string) => ({
    DATABASE_URL: database,
    CACHE: cache,
    SEED_DEMO: 'false',
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'warn',
    JWT_SECRET: 'a secret that only this benchmark uses',
    REDIS_URL: redis.url,
    REDIS_PREFIX: `${cache}:`,
  })
  const service = (cache: Cache, database: string, env: Record<string, string> = {}) =>
    run('src/infrastructure/bin/main.ts', { ...settings(cache, database), ...env }, modules)
  const page = await fillDatabase(await service('null', original.url))
  const copies = new DatabaseCopies(original.url)
  const forRivals = await copies.copy()
  return {
    page,
    redisVersion: await redisVersion(redis),
    service: async (cache, env) => {
      const running = await service(cache, await copies.copy(), env)
      if (cache !== 'null') await untilHit(running.url)
      return running
    },
    rival: ({ name }) =>
      run('bench/http/rival-express.ts', { ...settings('null', forRivals), RIVAL: name }, modules),
    bareRedis: () => run('bench/http/bare-redis-express.ts', { BODY: page, REDIS_URL: redis.url }, modules),
    constant: (server) => run(`bench/http/constant-${server}.ts`, { BODY: page }, modules),
    redisCpuUs: async () => {
      const info = String(await redis.cli('INFO', 'cpu'))
      const seconds = (kind: string) => Number(new RegExp(`used_cpu_${kind}:(\\S+)`).exec(info)?.[1])
      return (seconds('user') + seconds('sys')) * 1e6
    },
    close: async () => {
      await redis.stop()
      await copies.drop()
      await original.drop()
    },
  }
}

async function fillDatabase(running: Running): Promise<string> {
  try {
    const rosa = await organizer(new Api(running.url))
    for (let i = 1; i <= MARKETS; i++) await activeMarket(rosa, { name: `Harbor Market on Pier ${i}` })
    return await (await fetch(running.url + PAGE)).text()
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
