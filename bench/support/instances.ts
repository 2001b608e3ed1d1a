import { Api, activeMarket, organizer, type Person } from '../../test/support/api.ts'
import { type FreshDatabase, freshDatabase } from '../../test/support/postgres.ts'
import { startRedis, type TestRedis } from '../../test/support/redis.ts'
import { type Running, run } from '../http/contestant.ts'

/** Real service processes on one database and one Redis, that come and go. */
export class Instances {
  readonly redis: TestRedis
  readonly #database: FreshDatabase
  readonly #cache: 'lru' | 'near' | 'tiered'
  readonly #running: Running[] = []

  constructor(database: FreshDatabase, redis: TestRedis, cache: 'lru' | 'near' | 'tiered') {
    this.#database = database
    this.redis = redis
    this.#cache = cache
  }

  /** Without any yet. */
  static async of(cache: 'lru' | 'near' | 'tiered'): Promise<Instances> {
    return new Instances(await freshDatabase(), await startRedis(), cache)
  }

  async start(): Promise<Running> {
    const running = await run('src/infrastructure/bin/main.ts', {
      DATABASE_URL: this.#database.url,
      REDIS_URL: this.redis.url,
      CACHE: this.#cache,
      SEED_DEMO: 'false',
      RATE_LIMIT: 'off',
      LOG_LEVEL: 'warn',
      JWT_SECRET: 'a secret that only this benchmark uses',
    })
    this.#running.push(running)
    return running
  }

  /** Until so many run. */
  async become(count: number): Promise<readonly Running[]> {
    while (this.#running.length < count) await this.start()
    while (this.#running.length > count) await this.#running.pop()!.stop()
    return this.#running
  }

  /** Ends the newest as a crash does. */
  async killOne(): Promise<void> {
    await this.#running.pop()!.kill()
  }

  /** An organizer, and active markets of hers. */
  async markets(count: number): Promise<{ rosa: Person; ids: string[] }> {
    const rosa = await organizer(new Api(this.#running[0]!.url))
    const ids = await Promise.all(
      Array.from({ length: count }, (_, i) => activeMarket(rosa, { name: `Harbor Market on Pier ${i}` })),
    )
    return { rosa, ids }
  }

  async close(): Promise<void> {
    await this.become(0)
    await this.redis.stop()
    await this.#database.drop()
  }
}
