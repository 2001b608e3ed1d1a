import type { Seen } from './judge.ts'
import type { Question } from './plan.ts'

/** Which session did it, and at which instance; both are numbered from 1. Times are monotonic, in ms. */
interface Step {
  readonly session: number
  readonly instance: number
}

export interface Load extends Step {
  readonly number: number
  readonly beganAt: number
  /** When its query had answered, from a snapshot taken a little earlier. */
  readonly queriedAt: number
  /** When the cache got what it brought. */
  readonly endedAt: number
}

export interface Write extends Step {
  readonly market: number
  readonly version: number
  /** When COMMIT had returned, and the cache was told. */
  readonly committedAt: number
  /** The cache said that it could not invalidate. */
  readonly failed: boolean
  readonly answeredAt: number
}

export interface Read extends Step {
  readonly beganAt: number
  readonly answeredAt: number
  readonly seen: readonly Seen[]
  /** The number of the load that it shows: its own, or another. */
  readonly load: number
}

/** A stale read, and what led to it. */
export interface History {
  readonly question: Question
  readonly read: Read
  /** The load that it shows. */
  readonly load: Load
  /** The read that began the load; undefined while it has no answer. */
  readonly loader: Read | undefined
  /** What it should have shown: every answered write of something newer, in the order of the answers. */
  readonly missed: readonly Write[]
  /** The last read of the same instance that showed the same load, and began before the cache was told. */
  readonly earlier: Read | undefined
}

/** Why a read was stale, as far as it is seen from outside. */
export type Cause = 'late load' | 'joined load' | 'failed' | 'still storing' | 'other instance' | 'not seen'

/** `inMemory`: each instance has entries of its own. */
export function causeOf(history: History, inMemory: boolean): Cause {
  const { read, load, loader, earlier } = history
  const last = lastTold(history)
  if (load.endedAt >= read.beganAt) return 'joined load'
  if (load.endedAt > last.committedAt) return 'late load'
  if (last.failed) return 'failed'
  const had = read.instance === load.instance || earlier !== undefined
  if (inMemory && had && read.instance !== last.instance) return 'other instance'
  return loader !== undefined && loader.answeredAt > last.committedAt ? 'still storing' : 'not seen'
}

/** The missed write that the cache was told of last. */
export function lastTold({ missed }: History): Write {
  return missed.reduce((last, write) => (write.committedAt > last.committedAt ? write : last))
}

/** From the last answer that the read misses to its beginning. */
export function lateness({ read, missed }: History): number {
  return read.beganAt - missed.at(-1)!.answeredAt
}

/**
 * The one that is plainer to tell: it misses fewer writes; or as many, and its load and they do not cross; or else its
 * read began longer after their answer.
 */
export function plainer(a: History, b: History): History {
  const difference = a.missed.length - b.missed.length || Number(isCrossed(a)) - Number(isCrossed(b))
  if (difference !== 0) return difference < 0 ? a : b
  return lateness(a) >= lateness(b) ? a : b
}

/** As the harness saw it, the load's query answered after a commit, or the load ended between a commit and its answer. */
function isCrossed({ load: { queriedAt, endedAt }, missed }: History): boolean {
  return missed.some(
    ({ committedAt, answeredAt }) =>
      queriedAt > committedAt || (endedAt > committedAt && endedAt < answeredAt),
  )
}
