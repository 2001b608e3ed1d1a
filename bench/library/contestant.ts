import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { View } from '../../src/application/consistency/view.ts'
import { GetMarket } from '../../src/application/markets/market-reads.ts'
import { Reads, Writes } from '../../src/application/tables/reads-and-writes.ts'
import type { Rival } from '../rivals/rival.ts'
import { RIVALS } from '../rivals/rivals.ts'
import { commitNextVersion } from '../staleness/service.ts'
import { bareWrites } from '../support/bare-writes.ts'
import type { World } from './world.ts'

/** A cache without HTTP around it. */
export interface Contestant {
  readonly name: string
  readonly ours: boolean
  /** What `id` shows: the cached text, or what `load` gives. */
  read(id: string, load: () => Promise<string>): Promise<unknown>
  /** Changes the market in PostgreSQL, and resolves when the write may be answered. */
  write(): Promise<unknown>
  close(): Promise<void>
}

const { key, tags, ttlS } = GetMarket.view
const CLOSING_MS = 1000

export async function contestants(world: World): Promise<Contestant[]> {
  const all: Contestant[] = []
  for (const rival of RIVALS) all.push(await other(rival, world))
  for (const cache of ['lru', 'redis', 'tiered']) all.push(await ours(cache, world))
  return all
}

async function ours(cache: string, world: World): Promise<Contestant> {
  const core = await world.open({
    CACHE: cache,
    REDIS_URL: world.redisUrl,
    REDIS_PREFIX: `${cache}:`,
  })
  const views = await core.container.getAsync(Reads)
  const writes = await core.container.getAsync(Writes)
  const read = (id: string, load: () => Promise<string>) => views.read(viewOf(load), { id })
  await untilHit(views, world.marketId)
  return {
    name: `Marketflow, ${cache}${cache === 'lru' ? ', alone' : ''}`,
    ours: true,
    read,
    write: () => commitNextVersion(writes, world.marketId),
    close: async () => {
      await core.close()
    },
  }
}

/** A market's key and tags, and any text. */
function viewOf(load: () => Promise<string>): View<{ id: string }, string, unknown> {
  return {
    name: 'bench',
    key,
    tags,
    ttlS,
    schema: z.string(),
    load: async () => ({ value: await load() }),
    render: (text) => text,
  }
}

async function untilHit(views: Reads, id: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const { status } = await views.read(
      viewOf(async () => 'anything'),
      { id },
    )
    if (status.kind === 'hit') return
    await sleep(25)
  }
  throw new Error('The cache never answers')
}

async function other(rival: Rival, world: World): Promise<Contestant> {
  const cache = await rival.open({ redisUrl: world.redisUrl, ttlMs: ttlS * 1000, maxEntries: 10_000 })
  const writes = await bareWrites(world.bare)
  // They share a Redis, and one's text under a key would be another's nonsense.
  const mine = (name: string) => `${rival.name}|${name}`
  const params = { id: world.marketId }
  return {
    name: `${rival.name} (${rival.version.split(',')[0]})`,
    ours: false,
    read: (id, load) => cache.read(mine(key({ id })), tags({ id }).map(mine), load),
    write: async () => {
      await commitNextVersion(writes, world.marketId)
      await cache.invalidate({ keys: [mine(key(params))], tags: tags(params).map(mine) })
    },
    close: async () => {
      await Promise.race([cache.close().catch(() => undefined), sleep(CLOSING_MS)])
    },
  }
}
