import { GetMarket, ListMarkets } from '../../src/application/markets/market-reads.ts'
import { Reads, Writes } from '../../src/application/tables/reads-and-writes.ts'
import type { Core } from '../../src/infrastructure/core.ts'
import type { Contestant, Instance } from './contestant.ts'
import type { Question } from './plan.ts'
import { commitNextVersion, LISTING, Reader } from './service.ts'
import type { World } from './world.ts'

/** The product's own adapters with its whole protocol, assembled by its own code. */
export function ours(world: World, revision: string): Contestant[] {
  const contestant = (cache: string, instances: number): Contestant => ({
    name: `Marketflow, ${cache}${cache === 'lru' ? `, ${instances === 1 ? 'alone' : 'two instances'}` : ''}`,
    version: revision,
    wiring: `\`CACHE=${cache}\`, all else by default`,
    instances,
    usesRedis: cache !== 'lru',
    inMemory: cache !== 'redis',
    ours: true,
    open: async (redisUrls) => {
      const opened: Instance[] = []
      for (const url of redisUrls) {
        const redis: Record<string, string> = cache === 'lru' ? {} : { REDIS_URL: url }
        opened.push(await instance(await world.open({ CACHE: cache, ...redis }), world))
      }
      return opened
    },
  })
  return [contestant('lru', 1), contestant('lru', 2), contestant('redis', 2), contestant('tiered', 2)]
}

async function instance(core: Core, { marketIds }: World): Promise<Instance> {
  const views = await core.container.getAsync(Reads)
  const writes = await core.container.getAsync(Writes)
  const reader = new Reader(marketIds)
  const read = async (question: Question) => {
    if (question.of === 'listing') {
      return reader.listing((await views.read(ListMarkets.view, LISTING)).body.toString())
    }
    const { body } = await views.read(GetMarket.view, { id: marketIds[question.market]! })
    return reader.market(body.toString())
  }
  return {
    read,
    write: (market) => commitNextVersion(writes, marketIds[market]!),
    close: async () => {
      await core.close()
    },
  }
}
