import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ClockPutForward } from '../../contract/sources.ts'
import { CACHES } from '../../support/caches.ts'
import { dose } from '../../support/dose.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { startRedisCluster } from '../../support/redis-cluster.ts'
import { UNSHRUNK } from '../../support/unshrunk.ts'
import { Comparison } from './comparison.ts'
import { actions } from './mishaps.ts'
import { type Instance, openInstance } from './service.ts'

/** Worlds per service (`RUNS`). A failure prints its seed and path. */
const RUNS = Number(process.env.RUNS ?? 1)
/** Of the first service; each has worlds of its own. */
const SEED = Number(process.env.SEED ?? 1)

/** What two instances of it show in `npm test` includes most of what the others would. */
const USUAL = 'tiered'
const SINGLE = CACHES.map((each) => ({ ...each, clustered: false }))
const CLUSTERED = CACHES.filter(({ cache }) => cache === 'redis' || cache === 'tiered').map((each) => ({
  ...each,
  clustered: true,
}))

const SERVICES = [
  ...dose([...SINGLE.filter(({ cache }) => cache === USUAL)], [...SINGLE, ...CLUSTERED]).flatMap((each) =>
    dose([2], [1, 2]).map((instances) => ({
      ...each,
      name: `${each.cache}${each.clustered ? ' on a cluster' : ''}, ${instances} on PostgreSQL`,
      instances,
      embedded: false,
    })),
  ),
  // It shares our thread, which makes everything take longer.
  ...dose([], SINGLE).map((each) => ({
    ...each,
    name: `${each.cache}, 1 on PGlite`,
    instances: 1,
    embedded: true,
  })),
]

async function startOne() {
  const redis = await startRedis()
  return { url: redis.url, nodes: [redis], stop: () => redis.stop() }
}

describe.each(SERVICES)(
  'what is read is what the database says, and what the model says: $name',
  (service) => {
    const clock = new ClockPutForward()
    const seed = SEED + SERVICES.indexOf(service)
    const instances: Instance[] = []
    // A test that is asked once more finds the worlds that it wrote before: the count goes on.
    let worlds = 0
    let redis: { readonly url: string; readonly nodes: readonly TestRedis[]; stop(): Promise<void> }
    let database: FreshDatabase | undefined

    beforeAll(async () => {
      redis = await (service.clustered ? startRedisCluster() : startOne())
      database = service.embedded ? undefined : await freshDatabase()
      const where = database === undefined ? { DATA_DIR: 'memory' } : { DATABASE_URL: database.url }
      for (let i = 0; i < service.instances; i++) {
        instances.push(await openInstance({ ...where, ...service.env(redis.url) }, clock))
      }
    })

    afterAll(async () => {
      for (const instance of instances) await instance.close()
      await redis.stop()
      await database?.drop()
    })

    test('after every command, on every instance', { timeout: 60_000 + RUNS * 240_000 }, async () => {
      const comparison = new Comparison(instances, clock, redis.nodes)
      await fc.assert(
        fc.asyncProperty(actions, (script) => comparison.run(script, worlds++)),
        { ...UNSHRUNK, seed, numRuns: RUNS },
      )
      const { counts } = comparison
      process.stdout.write(
        `\n${service.name}, seed ${seed}: ${[...counts].map(([what, n]) => `${n} ${what}`).join(', ')}\n`,
      )
      // A run that saw none of these has proved nothing.
      for (const what of service.cache === 'null' ? ['bypass'] : ['hit right after a write', 'miss']) {
        expect(counts.get(what) ?? 0, what).toBeGreaterThan(0)
      }
      expect(counts.get('write')).toBeGreaterThan(0)
      expect(counts.get('refused write')).toBeGreaterThan(0)
    })
  },
)
