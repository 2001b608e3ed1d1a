/**
 * What a team could use instead of Marketflow's cache, wired the way its README says. One small interface in front of
 * each, so that every benchmark asks all of them the same.
 */
export interface Rival {
  readonly name: string
  /** The package's version, or what it is a version of. */
  readonly version: string
  /** `memory` needs no Redis, and one instance knows nothing of another. */
  readonly tiers: 'memory' | 'redis' | 'tiered'
  /** Several instances are meant to see each other's invalidations, through Redis or a bus. */
  readonly shared: boolean
  /** How it is set up, for readers of the figures. */
  readonly wiring: string
  /** Opens one instance of it. Rejects when Redis, where it is needed, cannot be reached. */
  open(options: RivalOptions): Promise<RivalCache>
}

export interface RivalOptions {
  readonly redisUrl: string
  readonly ttlMs: number
  /** How many entries its memory may hold. */
  readonly maxEntries: number
}

export interface RivalCache {
  /**
   * The cached text, or what `load` gives. A cache that fails never fails a read: then it is loaded.
   * `tags` are whatever a write may name to invalidate this entry; those without tags ignore them.
   */
  read(key: string, tags: readonly string[], load: () => Promise<string>): Promise<string>
  /** Called after the commit and before the write is answered. Rejects when the cache says that it failed. */
  invalidate(affected: Affected): Promise<void>
  close(): Promise<void>
}

/** What a write knows of the entries it changes. Each cache is told in the strongest way that it understands. */
interface Affected {
  /** Every key, for those that delete by key. */
  readonly keys: readonly string[]
  /** For those that know tags, references or groups. */
  readonly tags: readonly string[]
}
