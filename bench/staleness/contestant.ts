import type { Seen } from './judge.ts'
import type { Question } from './plan.ts'

/** A cache on its way through the harness, with everything around it that its writes and loads need. */
export interface Contestant {
  readonly name: string
  readonly version: string
  /** How it is set up. */
  readonly wiring: string
  /** 1 where instances could know nothing of each other. */
  readonly instances: number
  readonly usesRedis: boolean
  /** Each instance has entries of its own. */
  readonly inMemory: boolean
  readonly ours: boolean
  /** Opens an instance per Redis address. */
  open(redisUrls: readonly string[]): Promise<readonly Instance[]>
}

export interface Instance {
  /** Every market in the answer. `session` says who asks, for the record. */
  read(question: Question, session: number): Promise<readonly Seen[]>
  /** Commits the market's next version, and resolves with it when the write may be answered. */
  write(market: number, session: number): Promise<number>
  close(): Promise<void>
}
