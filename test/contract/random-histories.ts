import fc from 'fast-check'
import { expect } from 'vitest'
import type { CachePort, Entry, Fence } from '../../src/application/consistency/ports/cache-port.ts'
import { entryOf, invalidate, lookup, names, store } from './cache-contract.ts'

const KEYS = 3
const TAGS = 3

/** What happens in a history: `who` is an instance, `load` one of the loads under way. */
type Step =
  | { readonly do: 'observe'; readonly who: number; readonly key: number }
  | { readonly do: 'store'; readonly load: number }
  | { readonly do: 'invalidate'; readonly who: number; readonly tag: number }
  | { readonly do: 'read'; readonly who: number; readonly key: number }

interface Load {
  readonly who: number
  readonly key: number
  readonly fence: Fence
  readonly entry: Entry
}

/**
 * Random histories against a model of a few lines: each tag has a version that an invalidation raises, each load
 * notes the versions it began under, and a read may return a load's entry only while they are the same.
 */
export async function randomHistories(caches: readonly CachePort[], remembers: boolean): Promise<void> {
  const steps = fc.array(step(caches.length), { minLength: 1, maxLength: 30, size: 'max' })
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      await play(history, caches, remembers)
    }),
    { numRuns: 60 },
  )
}

function step(instances: number): fc.Arbitrary<Step> {
  const who = fc.nat(instances - 1)
  const key = fc.nat(KEYS - 1)
  return fc.oneof(
    fc.record({ do: fc.constant('observe' as const), who, key }),
    fc.record({ do: fc.constant('store' as const), load: fc.nat(3) }),
    fc.record({ do: fc.constant('invalidate' as const), who, tag: fc.nat(TAGS - 1) }),
    fc.record({ do: fc.constant('read' as const), who, key }),
  )
}

async function play(
  history: readonly Step[],
  caches: readonly CachePort[],
  remembers: boolean,
): Promise<void> {
  const { key: prefix, tag } = names()
  const tagsOf = (key: number) => [`${tag}:${key}`, `${tag}:${(key + 1) % TAGS}`]
  const versions = new Array<number>(TAGS).fill(0)
  const current = (key: number) => `${versions[key]}.${versions[(key + 1) % TAGS]}`
  const loads: Load[] = []
  const stored = new Map<number, string>()

  for (const each of history) {
    switch (each.do) {
      case 'observe': {
        const { fence } = await lookup(caches[each.who]!, prefix + each.key, tagsOf(each.key))
        loads.unshift({ who: each.who, key: each.key, fence, entry: entryOf(current(each.key)) })
        break
      }
      case 'store': {
        const load = loads[each.load]
        if (load === undefined) break
        await store(caches[load.who]!, prefix + load.key, tagsOf(load.key), load.entry, load.fence)
        stored.set(load.key, load.entry.body.toString())
        break
      }
      case 'invalidate':
        await invalidate(caches[each.who]!, `${tag}:${each.tag}`)
        versions[each.tag]!++
        break
      case 'read': {
        const { entry } = await lookup(caches[each.who]!, prefix + each.key, tagsOf(each.key))
        if (entry !== undefined) expect(entry.body.toString()).toBe(current(each.key))
        else if (remembers) expect(stored.get(each.key)).not.toBe(current(each.key))
      }
    }
  }
}
