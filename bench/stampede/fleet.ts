import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { RedisCache } from '../../src/adapters/cache/redis-cache.ts'
import { TieredCache } from '../../src/adapters/cache/tiered-cache.ts'
import { SystemClock } from '../../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../../src/adapters/system/system-random.ts'
import { LoadQueue } from '../../src/application/consistency/load-queue.ts'
import {
  type CachePort,
  type CacheSession,
  Permit,
} from '../../src/application/consistency/ports/cache-port.ts'
import { ReadThrough } from '../../src/application/consistency/read-through.ts'
import type { View } from '../../src/application/consistency/view.ts'
import { median } from '../support/statistics.ts'

const READERS = 16

/** So many instances that share a Redis, of one kind, with the fill lease or without it. */
export interface FleetResult {
  readonly cache: 'redis' | 'tiered'
  readonly instances: number
  readonly lease: boolean
  readonly loadsPerInvalidation: number
  /** From the invalidation until all readers of all instances have their answers, in loads. */
  readonly took: number
}

class Always extends Permit {
  assert(): void {}
}

/** Instances in one process, each with connections, flights and an L1 of its own: what is counted is loads. */
export async function fleets(
  redisUrl: string,
  loadMs: number,
  invalidations: number,
): Promise<FleetResult[]> {
  const results: FleetResult[] = []
  for (const cache of ['redis', 'tiered'] as const)
    for (const instances of [1, 2, 4, 8])
      for (const lease of [false, true])
        results.push(await fleet({ cache, instances, lease }, redisUrl, loadMs, invalidations))
  return results
}

async function fleet(
  kind: Pick<FleetResult, 'cache' | 'instances' | 'lease'>,
  redisUrl: string,
  loadMs: number,
  invalidations: number,
): Promise<FleetResult> {
  let loads = 0
  const view: View<string, string, undefined> = {
    name: 'bench',
    ttlS: 60,
    schema: z.string(),
    key: (id) => `page:${id}`,
    tags: (id) => [`thing:${id}`, 'every:thing'],
    load: async () => {
      loads += 1
      await sleep(loadMs)
      return { value: 'x'.repeat(4000) }
    },
  }
  const caches = Array.from({ length: kind.instances }, () => open(kind.cache, redisUrl))
  const reads = caches.map((cache) => readsOf(kind.lease ? cache : withoutLease(cache)))
  try {
    while (caches.some((cache) => cache.session() === undefined)) await sleep(5)
    const took: number[] = []
    for (let i = 0; i < invalidations; i++) {
      await caches[0]!.session()!.invalidate(view.tags('a'))
      const start = performance.now()
      await Promise.all(
        reads.flatMap((instance) => Array.from({ length: READERS }, () => instance.read(view, 'a'))),
      )
      took.push((performance.now() - start) / loadMs)
    }
    return { ...kind, loadsPerInvalidation: loads / invalidations, took: median(took) }
  } finally {
    await Promise.all(caches.map((cache) => cache.close()))
  }
}

const clock = new SystemClock()
const random = new SystemRandom()

function open(kind: FleetResult['cache'], url: string): CachePort {
  const redis = new RedisCache({ url, prefix: `fleet:${kind}:`, timeoutMs: 1000 }, clock, random)
  return kind === 'redis' ? redis : new TieredCache(redis, { maxBytes: 1_000_000 }, clock)
}

function readsOf(cache: CachePort): ReadThrough<undefined> {
  const permit = new Always()
  return new ReadThrough<undefined>(
    cache,
    { leased: permit, trusted: permit },
    { read: (queries) => queries(undefined) },
    new LoadQueue((run) => run(), 1000),
    clock,
    random,
    { read: () => undefined, loaded: () => undefined },
    { serveUnverified: false },
  )
}

/** As it was before there was one: no lookup says anything of it. */
function withoutLease(cache: CachePort): CachePort {
  const session = (): CacheSession | undefined => {
    const below = cache.session()
    if (below === undefined) return undefined
    return Object.assign(Object.create(below), {
      lookup: async (...asked: Parameters<CacheSession['lookup']>) => {
        const { fillLease: _, ...lookup } = await below.lookup(...asked)
        return lookup
      },
      store: (...asked: Parameters<CacheSession['store']>) => below.store(...asked),
    })
  }
  return Object.assign(Object.create(cache), { reach: cache.reach, session })
}
