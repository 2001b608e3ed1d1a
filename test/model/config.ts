import { PROTOCOL, type Rules } from './rules.ts'

/**
 * `shared`: in Redis. `private`: in the process, whose instance is a holder. `near`: in the process, in front of Redis.
 * `none`: an instance that only writes, and learns of the holders by its drains. `tiered`: in Redis, and in the process
 * what is served only under the stamps that Redis has (L1). `front`, and next to it `behind`: the memory of a near cache,
 * and its Redis, each with drains and a lease of its own. These three only where steps are fine, and `near` only where not.
 */
export const KINDS = ['shared', 'private', 'near', 'none', 'tiered', 'front', 'behind'] as const
export type Kind = (typeof KINDS)[number]

/** The surroundings of a search: who takes part, and what may go wrong. */
export interface Config {
  readonly instances: number
  /** What cache each of them has, the same kinds next to each other; all are shared where none is named. */
  readonly kinds: readonly Kind[]
  /** Rows that the registry has room for: of the holders that live, and of those that have left theirs behind. */
  readonly rows: number
  readonly reads: number
  /** For each write, whether the view shows what it changes. One that does not still promises what came before it. */
  readonly writes: readonly boolean[]
  /** L, in ticks. A slow clock lets a lease live through the tick in which it lapses: it holds while its age is at most L. */
  readonly lease: number
  /** Redis may come back once, with an older copy of its data; or as often as it likes, with a copy or with what it had. */
  readonly crash: boolean | 'again'
  /** Connections may drop at any time. */
  readonly losses: boolean
  /** Stamps and entries may vanish at any time. */
  readonly evictions: boolean
  /** How many instances may be killed. They start again at once, knowing nothing. */
  readonly kills: number
  /** PostgreSQL may crash once, or as often as it likes, and then gives out again the transaction numbers that left no trace. */
  readonly databaseCrash: boolean | 'again'
  /** Applied rows may be swept at any time, not only when no entry is as old as they are. Holders and fine steps only. */
  readonly sweeps: boolean
  /** Begin with a filled cache, its copy, and instances that hold leases; otherwise with nothing. */
  readonly warm: boolean
  /**
   * In the steps that the code takes: a command of Redis, or a look at the log, is a step, and a drain walks over many.
   * Otherwise what belongs together is one step, and the space is small enough for more parties. Shared caches only.
   */
  readonly fine: boolean
  readonly rules: Rules
}

export const BASE: Config = {
  instances: 2,
  kinds: [],
  rows: 0,
  reads: 2,
  writes: [true],
  lease: 1,
  crash: false,
  losses: false,
  evictions: true,
  kills: 0,
  databaseCrash: false,
  sweeps: false,
  warm: false,
  fine: false,
  rules: PROTOCOL,
}

/** The age at which a lease has certainly lapsed, and beyond which it is not counted on. */
export const lapsed = (config: Config): number => config.lease + 1

/** `WAIT_PER_LEASE`: more than any lease can last. */
export const waitsFor = ({ rules, lease }: Config): number =>
  rules.waitBeyondLease === 'no wait' ? 0 : lease + rules.waitBeyondLease

/** For how long a holder must have been seen retired before its row may be deleted. */
export const retiredFor = ({ rules, lease }: Config): number =>
  rules.retiredBeyondLease === 'no time' ? 0 : lease + rules.retiredBeyondLease

export const kindOf = ({ kinds }: Config, instance: number): Kind => kinds[instance] ?? 'shared'

/** Whether its instance serves hits from its own memory. */
export const holds = (kind: Kind): boolean => kind === 'private' || kind === 'near' || kind === 'front'

/** Whether its instance has a session with Redis. */
export const asksRedis = (kind: Kind): boolean => !['private', 'none', 'front'].includes(kind)

/** Where the reads and writes are whose commands go over its session. */
export const homeOf = (config: Config, instance: number): number =>
  kindOf(config, instance) === 'behind' ? instance - 1 : instance

/** Whether a write must also wait for Redis. */
export const someAskRedis = ({ kinds }: Config): boolean => kinds.length === 0 || kinds.some(asksRedis)
