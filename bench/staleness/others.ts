import { setTimeout as sleep } from 'node:timers/promises'
import type { View } from '../../src/application/consistency/view.ts'
import { GetMarket, ListMarkets } from '../../src/application/markets/market-reads.ts'
import { Snapshots, type ViewQueries } from '../../src/application/ports/view-queries.ts'
import type { Writes } from '../../src/application/tables/reads-and-writes.ts'
import type { Rival, RivalCache } from '../rivals/rival.ts'
import { RIVALS } from '../rivals/rivals.ts'
import { bareWrites } from '../support/bare-writes.ts'
import type { Contestant, Instance } from './contestant.ts'
import type { Question } from './plan.ts'
import { commitNextVersion, LISTING, Reader } from './service.ts'
import type { World } from './world.ts'

const CLOSING_MS = 1000
const OPTIONS = { ttlMs: 300_000, maxEntries: 10_000 }

/**
 * The rivals over the same database, queries and writes, without our log, lease and fence: they load the same text in
 * the same snapshots, and are told after the commit, before the write is answered.
 */
export function others(world: World): Contestant[] {
  return RIVALS.map((rival) => ({
    name: rival.name,
    version: rival.version,
    wiring: rival.wiring,
    instances: rival.shared ? 2 : 1,
    usesRedis: rival.tiers !== 'memory',
    inMemory: rival.tiers !== 'redis',
    ours: false,
    open: async (redisUrls) => {
      const opened: Instance[] = []
      for (const redisUrl of redisUrls) opened.push(await instance(rival, redisUrl, world, opened.length + 1))
      return opened
    },
  }))
}

async function instance(rival: Rival, redisUrl: string, world: World, number: number): Promise<Instance> {
  const core = await world.open({ CACHE: 'null' })
  const snapshots = await core.container.getAsync(Snapshots)
  const cache = await rival.open({ redisUrl, ...OPTIONS })
  const writes = await bareWrites(core)
  return {
    read: reading(cache, snapshots, world, number),
    write: async (market, session) => {
      const written = await writing(cache, writes, world.marketIds[market]!)
      world.recorder.written({ session, instance: number, market, ...written, answeredAt: performance.now() })
      return written.version
    },
    close: async () => {
      // What an outage has left of a library may not be able to say goodbye.
      await Promise.race([cache.close().catch(() => undefined), sleep(CLOSING_MS)])
      await core.close()
    },
  }
}

/** Each text begins with the number of its load, so that a history can say which one a read shows. */
function reading(cache: RivalCache, snapshots: Snapshots, world: World, instance: number) {
  const { marketIds, recorder } = world
  const reader = new Reader(marketIds)

  async function through<P, T>(
    view: View<P, T, ViewQueries>,
    params: P,
    question: Question,
    session: number,
  ) {
    const text = await cache.read(view.key(params), view.tags(params), async () => {
      const number = recorder.nextLoad()
      const beganAt = performance.now()
      let queriedAt = beganAt
      const found = await snapshots.read(async (queries) => {
        const queried = await view.load(queries, params)
        queriedAt = performance.now()
        return queried
      })
      recorder.loaded(question, { number, session, instance, beganAt, queriedAt, endedAt: performance.now() })
      return `${number}\n${JSON.stringify(found!.value)}`
    })
    const end = text.indexOf('\n')
    return { load: Number(text.slice(0, end)), json: text.slice(end) }
  }

  return async (question: Question, session: number) => {
    const beganAt = performance.now()
    const listing = question.of === 'listing'
    const { load, json } = listing
      ? await through(ListMarkets.view, LISTING, question, session)
      : await through(GetMarket.view, { id: marketIds[question.market]! }, question, session)
    const seen = listing ? reader.listing(json) : reader.market(json)
    recorder.answered(question, { session, instance, beganAt, answeredAt: performance.now(), seen, load })
    return seen
  }
}

async function writing(cache: RivalCache, writes: Writes, id: string) {
  const version = await commitNextVersion(writes, id)
  const committedAt = performance.now()
  const affected = {
    keys: [GetMarket.view.key({ id }), ListMarkets.view.key(LISTING)],
    tags: [...GetMarket.view.tags({ id }), ...ListMarkets.view.tags(LISTING)],
  }
  // The data has been changed, and cannot be changed back: all that is left is to answer.
  const failed = await cache.invalidate(affected).then(
    () => false,
    () => true,
  )
  return { version, committedAt, failed }
}
