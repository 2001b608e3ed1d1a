import { PROTOCOL, type Rules } from './rules.ts'

/** The surroundings of a search: who takes part, and what may go wrong. */
export interface Config {
  readonly instances: 1 | 2 | 3
  readonly reads: 1 | 2 | 3
  /** For each write, whether the view shows what it changes. One that does not still promises what came before it. */
  readonly writes: readonly boolean[]
  /** L, in ticks. A slow clock lets a lease live through the tick in which it lapses: it holds while its age is at most L. */
  readonly lease: number
  /** Redis may come back once, with an older copy of its data. */
  readonly crash: boolean
  /** Connections may drop at any time. */
  readonly losses: boolean
  /** Stamps and entries may vanish at any time. */
  readonly evictions: boolean
  /** How many instances may be killed. They start again at once, knowing nothing. */
  readonly kills: 0 | 1 | 2
  /** Begin with a filled cache, its copy, and instances that hold leases; otherwise with nothing. */
  readonly warm: boolean
  readonly rules: Rules
}

export const BASE: Config = {
  instances: 2,
  reads: 2,
  writes: [true],
  lease: 1,
  crash: false,
  losses: false,
  evictions: true,
  kills: 0,
  warm: false,
  rules: PROTOCOL,
}

/** The age at which a lease has certainly lapsed, and beyond which it is not counted on. */
export const lapsed = (config: Config): number => config.lease + 1

/** `WAIT_PER_LEASE`: more than any lease can last. */
export const waitsFor = ({ rules, lease }: Config): number =>
  rules.waitBeyondLease === 'no wait' ? 0 : lease + rules.waitBeyondLease
