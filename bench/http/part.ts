import { asyncCacheDedupeMemory, asyncCacheDedupeRedis } from '../rivals/async-cache-dedupe.ts'
import { bentocacheMemory, bentocacheRedis, bentocacheTiered } from '../rivals/bentocache.ts'
import { cacheManagerMemory, cacheManagerTiered } from '../rivals/cache-manager.ts'
import { cachifiedMemory, cachifiedRedis } from '../rivals/cachified.ts'
import { chapterPattern } from '../rivals/chapter-pattern.ts'
import { layeredLoaderMemory, layeredLoaderTiered } from '../rivals/layered-loader.ts'
import type { Findings, Part } from '../support/part.ts'
import { type Measurer, type Sample, sample } from './contest.ts'
import type { Running } from './contestant.ts'
import { LoadGenerator } from './load.ts'
import { findingsOf } from './report.ts'
import { CACHES, type Cache, openStage, PAGE, type Stage } from './stage.ts'

/** Of each library its fastest way, and the one that several instances can share. */
const RIVALS = [
  chapterPattern,
  bentocacheMemory,
  bentocacheRedis,
  bentocacheTiered,
  cacheManagerMemory,
  cacheManagerTiered,
  cachifiedMemory,
  cachifiedRedis,
  layeredLoaderMemory,
  layeredLoaderTiered,
  asyncCacheDedupeMemory,
  asyncCacheDedupeRedis,
]
/** As it comes; a Redis that is shared with the one that does not log needs keys of its own. */
export const LOGGED = ['lru', 'tiered'] as const
const LOGGING = { LOG_LEVEL: 'info', REDIS_PREFIX: 'logging:' }
export const BASE = 'Express 5, constant bytes'
/** What any cache in Redis starts from. */
export const BARE_REDIS = 'Express 5, one GET from Redis'
/** What is told of the same service without a log. */
export const logged = (cache: Cache) => `Marketflow, ${cache}, every request logged`

export interface Plan {
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly connections: readonly number[]
}

const WHOLE: Plan = { rounds: 7, seconds: 0.5, warmUpSeconds: 2, connections: [1, 8, 64, 256] }
const QUICK: Plan = { rounds: 2, seconds: 0.4, warmUpSeconds: 0.5, connections: [64] }

/** By contestant, then by number of connections: a sample per round. */
export type Samples = ReadonlyMap<string, ReadonlyMap<number, readonly Sample[]>>

export const http: Part = {
  name: 'http',
  async run(quick: boolean): Promise<Findings> {
    const plan = quick ? QUICK : WHOLE
    const stage = await openStage()
    const generator = new LoadGenerator()
    const servers = new Map<string, Running>()
    try {
      for (const [name, start] of contestants(stage)) servers.set(name, await start())
      console.error(`http: ${servers.size} servers run`)
      const measurer = { generator, path: PAGE, redisCpuUs: stage.redisCpuUs }
      await warmUp(measurer, servers, plan, stage.page)
      const samples = await measure(measurer, servers, plan)
      return findingsOf(samples, plan, stage)
    } finally {
      generator.stop()
      for (const server of servers.values()) await server.stop()
      await stage.close()
    }
  },
}

function contestants(stage: Stage): [string, () => Promise<Running>][] {
  return [
    ['node:http, constant bytes', () => stage.constant('node')],
    [BASE, () => stage.constant('express')],
    [BARE_REDIS, () => stage.bareRedis()],
    ...CACHES.map((cache): [string, () => Promise<Running>] => [
      `Marketflow, ${cache}`,
      () => stage.service(cache),
    ]),
    ...LOGGED.map((cache): [string, () => Promise<Running>] => [
      logged(cache),
      () => stage.service(cache, LOGGING),
    ]),
    ...RIVALS.map((rival): [string, () => Promise<Running>] => [
      `${rival.name} (${rival.version.split(',')[0]})`,
      () => stage.rival(rival),
    ]),
  ]
}

/** Until the code is compiled; and a server that sends another page than the others ends the run. */
async function warmUp(
  { generator, path }: Measurer,
  servers: ReadonlyMap<string, Running>,
  { warmUpSeconds: seconds }: Plan,
  page: string,
): Promise<void> {
  for (const { url } of servers.values()) {
    await generator.load(url + path, { connections: 1, seconds: 0.1, expectedBody: page })
    await generator.load(url + path, { connections: 64, seconds })
  }
}

async function measure(
  measurer: Measurer,
  servers: ReadonlyMap<string, Running>,
  { rounds, seconds, connections }: Plan,
): Promise<Samples> {
  const samples = new Map(
    Array.from(servers.keys(), (name) => [
      name,
      new Map(connections.map((n): [number, Sample[]] => [n, []])),
    ]),
  )
  for (let round = 1; round <= rounds; round++) {
    for (const n of connections) {
      for (const [name, server] of servers) {
        const taken = await sample(measurer, server, { connections: n, seconds })
        samples.get(name)!.get(n)!.push(taken)
      }
      console.error(`http: round ${round} of ${rounds}, ${n} connections`)
    }
  }
  return samples
}
