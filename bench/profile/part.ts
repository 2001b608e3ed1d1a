import type { Running } from '../http/contestant.ts'
import { LoadGenerator } from '../http/load.ts'
import { BASE } from '../http/part.ts'
import { openStage, PAGE, type Stage } from '../http/stage.ts'
import { asyncCacheDedupeRedis } from '../rivals/async-cache-dedupe.ts'
import { cacheManagerMemory } from '../rivals/cache-manager.ts'
import { chapterPattern } from '../rivals/chapter-pattern.ts'
import { layeredLoaderMemory } from '../rivals/layered-loader.ts'
import type { Findings, Part } from '../support/part.ts'
import { BEGIN, END } from './messages.ts'
import { findingsOf, type Profiled } from './report.ts'
import type { Shares } from './shares.ts'

const PROFILER = new URL('profiler.ts', import.meta.url).href
const CONNECTIONS = 64
const RIVALS = [layeredLoaderMemory, cacheManagerMemory, chapterPattern, asyncCacheDedupeRedis]
const OURS = ['lru', 'tiered', 'redis'] as const

/** Where a server's CPU time goes, for the limits, for ours, and for those that come near or might be expected to. */
export const profile: Part = {
  name: 'profile',
  async run(quick: boolean): Promise<Findings> {
    const seconds = quick ? 2 : 10
    const stage = await openStage([PROFILER])
    const generator = new LoadGenerator()
    try {
      const profiled: Profiled[] = []
      for (const [name, start] of servers(stage)) {
        const server = await start()
        try {
          profiled.push({ name, shares: await sharesOf(server, generator, seconds) })
        } finally {
          await server.stop()
        }
        console.error(`profile: ${name}`)
      }
      return findingsOf(profiled, { seconds, connections: CONNECTIONS, redis: stage.redisVersion })
    } finally {
      generator.stop()
      await stage.close()
    }
  },
}

function servers(stage: Stage): [string, () => Promise<Running>][] {
  return [
    ['node:http, constant bytes', () => stage.constant('node')],
    [BASE, () => stage.constant('express')],
    ...OURS.map((cache): [string, () => Promise<Running>] => [
      `Marketflow, ${cache}`,
      () => stage.service(cache),
    ]),
    ...RIVALS.map((rival): [string, () => Promise<Running>] => [rival.name, () => stage.rival(rival)]),
  ]
}

async function sharesOf(server: Running, generator: LoadGenerator, seconds: number): Promise<Shares> {
  const url = server.url + PAGE
  await generator.load(url, { connections: CONNECTIONS, seconds: Math.min(seconds, 2) })
  await server.ask(BEGIN)
  await generator.load(url, { connections: CONNECTIONS, seconds })
  return (await server.ask(END)) as Shares
}
