import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { RedisCache } from '../../src/adapters/cache/redis-cache.ts'
import type { RedisSession } from '../../src/adapters/cache/redis-session.ts'
import { SystemClock } from '../../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../../src/adapters/system/system-random.ts'
import { startRedis, type TestRedis } from '../../test/support/redis.ts'
import { redisVersion } from '../support/machine.ts'
import { AffectedPages } from './affected-pages.ts'
import { keysAndDelete, scanAndDelete } from './by-pattern.ts'
import { OtherEntries } from './other-entries.ts'
import type { Method } from './report.ts'

const PREFIX = 'marketflow:'
const BODY = Buffer.from(JSON.stringify({ name: 'Harbor Market', description: 'x'.repeat(160) }))
/** Far above what is measured: a lookup that times out on a busy machine would end the run. */
const PATIENCE_MS = 10_000

/** A few pages in a Redis of their own, among many other entries. */
export class Crowd {
  readonly entries: number
  readonly pages: AffectedPages
  readonly #redis: TestRedis
  readonly #client: Redis
  readonly #cache: RedisCache
  readonly #session: RedisSession

  private constructor(
    entries: number,
    redis: TestRedis,
    client: Redis,
    cache: RedisCache,
    session: RedisSession,
  ) {
    this.entries = entries
    this.pages = new AffectedPages(session, BODY)
    this.#redis = redis
    this.#client = client
    this.#cache = cache
    this.#session = session
  }

  static async of(entries: number): Promise<Crowd> {
    const redis = await startRedis()
    const client = new Redis(redis.port)
    await new OtherEntries(client, PREFIX, BODY).growTo(entries)
    const deadlines = { timeoutMs: PATIENCE_MS, invalidateTimeoutMs: PATIENCE_MS }
    const options = { url: redis.url, prefix: PREFIX, ...deadlines }
    const cache = new RedisCache(options, new SystemClock(), new SystemRandom())
    return new Crowd(entries, redis, client, cache, await opened(cache))
  }

  invalidate(method: Method): Promise<void> {
    switch (method) {
      case 'tag':
        return this.#session.invalidate([this.pages.tag])
      case 'scan':
        return scanAndDelete(this.#client, PREFIX + AffectedPages.pattern)
      case 'keys':
        return keysAndDelete(this.#client, PREFIX + AffectedPages.pattern)
    }
  }

  async forgetStatistics(): Promise<void> {
    await this.#client.config('RESETSTAT')
  }

  /** What Redis itself took for a `DEL` since then, in µs: without the way there and back. */
  async usPerDelete(): Promise<number> {
    const usPerCall = /cmdstat_del:.*usec_per_call=([\d.]+)/.exec(
      await this.#client.info('commandstats'),
    )?.[1]
    if (usPerCall === undefined) throw new Error('Redis has deleted nothing')
    return Number(usPerCall)
  }

  redisVersion(): Promise<string> {
    return redisVersion(this.#redis)
  }

  async close(): Promise<void> {
    await this.#cache.close()
    this.#client.disconnect()
    await this.#redis.stop()
  }
}

async function opened(cache: RedisCache): Promise<RedisSession> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const session = cache.session()
    if (session !== undefined) return session
    await sleep(25)
  }
  throw new Error('Redis does not answer')
}
