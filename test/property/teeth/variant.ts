import type { WorldOptions } from '../interleaving/simulation/plan.ts'

/** One change of production's source. */
export interface Patch {
  /** From the repository's root. */
  readonly file: string
  /** Stands in the file exactly once, to the letter. */
  readonly find: string
  readonly replace: string
}

/** A way to be wrong: production's own source with a few lines changed, and the world in which that shows. */
export interface Variant {
  readonly name: string
  readonly world: WorldOptions
  readonly patches: readonly Patch[]
}

export const twoOnRedis: WorldOptions = { cache: 'redis', instances: 2, faults: true }
export const quiet: WorldOptions = { ...twoOnRedis, faults: false }
export const quietTiered: WorldOptions = { ...quiet, cache: 'tiered' }
export const connections: WorldOptions = { ...twoOnRedis, theme: 'connections' }
export const crowdedConnections: WorldOptions = { ...connections, crowded: true }
/** One instance, whose drains alone decide when its writes are answered. */
export const crowded: WorldOptions = { ...twoOnRedis, instances: 1, crowded: true }
export const cluster: WorldOptions = { ...twoOnRedis, cache: 'cluster' }
export const twoPrivate: WorldOptions = { cache: 'lru', instances: 2, faults: true }
export const holding: WorldOptions = { ...twoPrivate, theme: 'holders' }
export const stalls: WorldOptions = { ...twoPrivate, theme: 'stalls' }

export function variant(name: string, world: WorldOptions, ...patches: Patch[]): Variant {
  return { name, world, patches }
}

const within = (folder: string, file: string) => (find: string, replace: string) => ({
  file: `${folder}/${file}`,
  find,
  replace,
})

/** A file of the consistency core. */
export const core = (file: string) => within('src/application/consistency', file)
/** A file of the cache adapters. */
export const adapter = (file: string) => within('src/adapters/cache', file)
export const http = (file: string) => within('src/adapters/http', file)
/** What the simulation has in place of PostgreSQL and the network; production's counterpart is SQL. */
export const simulated = (file: string) => within('test/property/interleaving/simulation', file)

/** @throws when the text is not there exactly once: a patch that no longer applies must not pass for a broken variant. */
export function applyPatch(source: string, { file, find, replace }: Patch): string {
  const found = source.split(find).length - 1
  if (found !== 1) throw new Error(`${file} has this ${found} times instead of once:\n${find}`)
  return source.replace(find, () => replace)
}
