import { setTimeout as sleep } from 'node:timers/promises'
import { RedisCache } from '../../../src/adapters/cache/redis-cache.ts'
import { TieredCache } from '../../../src/adapters/cache/tiered-cache.ts'
import {
  type CachePort,
  CacheUnusable,
  type Lookup,
} from '../../../src/application/consistency/ports/cache-port.ts'
import { lookup } from '../../contract/cache-contract.ts'
import { RealClock, RealRandom } from '../../contract/sources.ts'

/** As it is run: the default deadlines. */
export const TIMEOUT_MS = 50
/** What a busy test machine may add to a deadline, in ms. */
export const SLACK_MS = 2000

/** The adapters on one Redis server, by name; `timeoutMs`: the deadline of a lookup. */
export const ON_ONE_SERVER: Readonly<Record<string, (url: string, timeoutMs?: number) => CachePort>> = {
  redis: (url, timeoutMs = TIMEOUT_MS) =>
    new RedisCache({ url, timeoutMs }, new RealClock(), new RealRandom()),
  tiered: (url, timeoutMs = TIMEOUT_MS) => {
    const clock = new RealClock()
    const l2 = new RedisCache({ url, timeoutMs }, clock, new RealRandom())
    return new TieredCache(l2, { maxBytes: 8_000_000 }, clock)
  },
}

/** How a lookup ended, and how long it took, in ms. Fails the test when it ends by anything but CacheUnusable. */
export interface Timed {
  readonly lookup: Lookup | undefined
  readonly reason: string | undefined
  readonly tookMs: number
}

export async function timedLookup(cache: CachePort, key: string, tags: readonly string[]): Promise<Timed> {
  const start = performance.now()
  if (cache.session() === undefined) return { lookup: undefined, reason: 'no-session', tookMs: 0 }
  try {
    const found = await lookup(cache, key, tags)
    return { lookup: found, reason: undefined, tookMs: performance.now() - start }
  } catch (error) {
    if (!(error instanceof CacheUnusable)) throw error
    return { lookup: undefined, reason: error.reason, tookMs: performance.now() - start }
  }
}

/** Tries until `attempt` gives something, and gives it. Cache errors count as «not yet». */
export async function eventually<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 15_000
  for (;;) {
    try {
      const outcome = await attempt()
      if (outcome !== undefined) return outcome
    } catch (error) {
      if (!(error instanceof CacheUnusable)) throw error
    }
    if (performance.now() > deadline) throw new Error(`It did not happen in 15 s: ${what}`)
    await sleep(20)
  }
}

/** Redeems a session as a drain does, so that tests can go on: an invalidation that is confirmed. */
export async function confirmed(cache: CachePort, tags: readonly string[] = []): Promise<true> {
  return eventually('an invalidation is confirmed', async () => {
    const session = cache.session()
    if (session === undefined) return undefined
    await session.invalidate(tags)
    return true as const
  })
}
