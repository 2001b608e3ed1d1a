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
    ours: false,
    open: async (redisUrls) => {
      const opened: Instance[] = []
      for (const redisUrl of redisUrls) opened.push(await instance(rival, redisUrl, world))
      return opened
    },
  }))
}

async function instance(rival: Rival, redisUrl: string, world: World): Promise<Instance> {
  const core = await world.open({ CACHE: 'null' })
  const snapshots = await core.container.getAsync(Snapshots)
  const cache = await rival.open({ redisUrl, ...OPTIONS })
  const writes = await bareWrites(core)
  return {
    read: reading(cache, snapshots, world.marketIds),
    write: (market) => writing(cache, writes, world.marketIds[market]!),
    close: async () => {
      // What an outage has left of a library may not be able to say goodbye.
      await Promise.race([cache.close().catch(() => undefined), sleep(CLOSING_MS)])
      await core.close()
    },
  }
}

function reading(cache: RivalCache, snapshots: Snapshots, marketIds: readonly string[]) {
  const reader = new Reader(marketIds)
  const through = <P, T>(view: View<P, T, ViewQueries>, params: P) =>
    cache.read(view.key(params), view.tags(params), async () => {
      const found = await snapshots.read((queries) => view.load(queries, params))
      return JSON.stringify(found!.value)
    })
  return async (question: Question) =>
    question.of === 'listing'
      ? reader.listing(await through(ListMarkets.view, LISTING))
      : reader.market(await through(GetMarket.view, { id: marketIds[question.market]! }))
}

async function writing(cache: RivalCache, writes: Writes, id: string): Promise<number> {
  const version = await commitNextVersion(writes, id)
  const affected = {
    keys: [GetMarket.view.key({ id }), ListMarkets.view.key(LISTING)],
    tags: [...GetMarket.view.tags({ id }), ...ListMarkets.view.tags(LISTING)],
  }
  // The data has been changed, and cannot be changed back: all that is left is to answer.
  await cache.invalidate(affected).catch(() => undefined)
  return version
}
