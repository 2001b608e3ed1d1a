import fc from 'fast-check'
import type { Container } from 'inversify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Transaction, Transactions } from '../../../src/application/ports/transactions.ts'
import { kindOf, tags } from '../../../src/application/tables/tags.ts'
import { ClockPutForward } from '../../contract/sources.ts'
import { CACHES } from '../../support/caches.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { Comparison } from './comparison.ts'
import { actions } from './mishaps.ts'
import { type Instance, openInstance } from './service.ts'

const SEED = Number(process.env.SEED ?? 1)
/** Fewer worlds than the comparison has, over all its services. */
const WORLDS = 2

/** Worlds so few change no day that was read before; the coverage property's have them, and notice both. */
const OF_DAYS = ['dayListings', 'marketDays']
/** Each through one cache, which the others differ from in nothing that tags go through. */
const FORGOTTEN = [...Object.keys(tags), 'every tag'].filter((kind) => !OF_DAYS.includes(kind))
const SOME = ['market', 'every tag']

describe.each(CACHES.filter(({ cache }) => cache !== 'null'))(
  'a forgotten tag is caught through $cache',
  ({ cache, env }) => {
    const clock = new ClockPutForward()
    const memory = new Forgetfulness()
    let worlds = 0
    let redis: TestRedis
    let database: FreshDatabase
    let instance: Instance

    beforeAll(async () => {
      redis = await startRedis()
      database = await freshDatabase()
      const where = { DATABASE_URL: database.url, ...env(redis.url) }
      instance = await openInstance(where, clock, [(container) => forgetWith(memory, container)])
    })

    afterAll(async () => {
      await instance.close()
      await database.drop()
      await redis.stop()
    })

    /** Compares with a cache that starts empty: what an earlier variant left behind must not catch this one. */
    async function search(forgotten: string, numRuns = WORLDS) {
      memory.forgotten = forgotten
      await redis.cli('FLUSHALL')
      instance.cache.reset()
      await expect.poll(() => instance.cache.session(), { timeout: 10_000 }).toBeDefined()
      await instance.drain()
      const comparison = new Comparison([instance], clock, [redis])
      const property = fc.asyncProperty(actions, (script) => comparison.run(script, worlds++))
      return fc.check(property, { seed: SEED, numRuns, endOnFailure: true })
    }

    test.each(cache === 'lru' ? FORGOTTEN : SOME)('%s', { timeout: 120_000 }, async (forgotten) => {
      const found = await search(forgotten)
      expect(found.failed, `not caught in ${WORLDS} worlds`).toBe(true)
      // Caught by a wrong answer, and not by a test that broke.
      expect(found.errorInstance).toMatchObject({ name: 'AssertionError' })
      process.stdout.write(
        `\n${instance.cache.name} forgets ${forgotten}: caught in world ${found.numRuns}\n`,
      )
    })

    test('and nothing is caught where nothing is forgotten', { timeout: 120_000 }, async () => {
      expect((await search('nothing', 1)).errorInstance).toBeNull()
    })
  },
)

/** Which kind of tag never reaches the log, nor the cache. */
class Forgetfulness {
  forgotten = 'nothing'

  remembered(tags: readonly string[]): string[] {
    return this.forgotten === 'every tag' ? [] : tags.filter((tag) => kindOf(tag) !== this.forgotten)
  }
}

async function forgetWith(memory: Forgetfulness, container: Container): Promise<void> {
  const production = await container.getAsync(Transactions)
  await container.unbind(Transactions)
  container.bind(Transactions).toConstantValue(new ForgetfulTransactions(production, memory))
}

/** Logs what it remembers: caches are invalidated by the log. */
class ForgetfulTransactions extends Transactions {
  readonly #production: Transactions
  readonly #memory: Forgetfulness

  constructor(production: Transactions, memory: Forgetfulness) {
    super()
    this.#production = production
    this.#memory = memory
  }

  run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#production.run((tx) =>
      work({ ...tx, logInvalidation: (tags) => tx.logInvalidation(this.#memory.remembered(tags)) }),
    )
  }

  look<T>(work: (tx: Pick<Transaction, 'accounts' | 'resets'>) => Promise<T>): Promise<T> {
    return this.#production.look(work)
  }
}
