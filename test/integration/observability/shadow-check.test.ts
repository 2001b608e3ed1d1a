import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGS_ITSELF } from '../../../src/adapters/postgres/transaction-steps.ts'
import { Api, activeMarket, organizer } from '../../support/api.ts'
import { CACHES } from '../../support/caches.ts'
import { dose } from '../../support/dose.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { type RunningService, startService } from '../../support/service.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const ROUNDS = 12

describe.each(CACHES.filter(({ cache }) => dose(['tiered'], ['lru', 'tiered']).includes(cache)))(
  'with every hit of $cache checked',
  ({ cache, env }) => {
    let database: FreshDatabase
    let services: RunningService[]
    beforeAll(async () => {
      database = await freshDatabase()
      const settings = {
        ...{ DATABASE_URL: database.url, SHADOW_CHECK: '1', REDIS_TIMEOUT_MS: '1000' },
        ...{ REDIS_PREFIX: `${cache}:`, ...env(redis.url) },
      }
      services = await Promise.all([startService(settings), startService(settings)])
    })
    afterAll(async () => {
      await Promise.all(services.map((service) => service.stop()))
      await database.drop()
    })

    it('finds a write by hand in SQL, and nothing in a storm of writes that say so', async () => {
      const [here, there] = services.map(({ url }) => new Api(url)) as [Api, Api]
      const rosa = await organizer(here)
      const busy = await activeMarket(rosa)
      const quiet = await activeMarket(rosa)
      let writing = true
      const readers = [here, there, here, there].map(async (api) => {
        while (writing) await Promise.all([api.get(`/markets/${busy}`), api.get('/markets')])
      })
      for (let round = 0; round < ROUNDS; round++) {
        await rosa.api.at((round % 2 ? here : there).url).put(`/markets/${busy}`, { name: `v${round}` })
      }
      writing = false
      await Promise.all(readers)
      await byHand(busy, true)
      expect((await outcomes(here)).same + (await outcomes(there)).same).toBeGreaterThan(ROUNDS)

      await here.get(`/markets/${quiet}`)
      await byHand(quiet, false)
      const violated = async () => {
        await Promise.all([here.get(`/markets/${quiet}`), here.get(`/markets/${busy}`)])
        return (await outcomes(here)).violation
      }
      await expect.poll(violated, { timeout: 20_000, interval: 20 }).toBeGreaterThan(0)

      const told = () =>
        services.flatMap(({ log }) => log.filter((line) => line.includes('no write in flight')))
      // The log comes by another way than the metrics, and a little later.
      await expect.poll(told).not.toEqual([])
      const found = told().map((line) => JSON.parse(line))
      expect(new Set(found.map(({ key }) => key))).toEqual(new Set([`market:${quiet}:detail`]))
      expect(found[0]).toMatchObject({
        level: 50,
        view: 'market-detail',
        tags: [`market:${quiet}`, 'every:market'],
      })
      expect(found[0].served).not.toBe(found[0].found)
    })

    /** Unless it is logged, it is hidden from the triggers as only the unit of work hides itself. */
    async function byHand(market: string, logged: boolean): Promise<void> {
      const sql = new Client({ connectionString: database.url })
      await sql.connect()
      await sql.query('begin')
      if (!logged) await sql.query(LOGS_ITSELF)
      await sql.query(`update markets set description = 'by hand' where id = $1`, [market])
      await sql.query('commit')
      await sql.end()
    }
  },
)

/** `marketflow_shadow_checks_total` by outcome. */
async function outcomes(api: Api): Promise<Record<'same' | 'violation', number>> {
  const { text } = await api.get('/metrics')
  const count = (outcome: string) =>
    Number(text.match(`marketflow_shadow_checks_total{outcome="${outcome}"} (\\d+)`)?.[1] ?? 0)
  return { same: count('same'), violation: count('violation') }
}
