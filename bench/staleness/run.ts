import { setTimeout as sleep } from 'node:timers/promises'
import type { Instance } from './contestant.ts'
import { type Floor, Judge, type Seen } from './judge.ts'
import { Plan, type Question, type Step } from './plan.ts'

export interface Run {
  readonly seed: number
  readonly sessions: number
  readonly seconds: number
  /** Every market's version at the beginning. */
  readonly first: readonly number[]
  /** What befalls Redis meanwhile; resolves when all is well again. */
  readonly mishaps?: (seconds: number) => Promise<void>
  /** Is told of each stale read in the tick in which it is answered. */
  readonly onStale?: (question: Question, seen: readonly Seen[], floor: Floor) => void
}

export interface Outcome {
  readonly reads: number
  readonly writes: number
  readonly staleReads: number
  /** Undefined: there was none. */
  readonly longestStaleMs: number | undefined
  /** Answered with an error, which is not stale. */
  readonly failedReads: number
  readonly failedWrites: number
}

/** What takes longer has failed, in ms: no client waits for ever, and neither does this benchmark. */
export const PATIENCE_MS = 3000

/** Sessions at work, each with one thing at a time, for some seconds. */
export async function run(instances: readonly Instance[], options: Run): Promise<Outcome> {
  const judge = new Judge(options.first)
  const end = performance.now() + options.seconds * 1000
  const counts = { writes: 0, failedReads: 0, failedWrites: 0 }

  async function session(number: number): Promise<void> {
    const plan = new Plan(options.seed, number - 1)
    for (;;) {
      const step = plan.next()
      await sleep(step.thinkMs)
      if (performance.now() >= end) return
      await perform(step, instances[step.via % instances.length]!, number)
    }
  }

  async function perform(step: Step, instance: Instance, number: number): Promise<void> {
    if (step.do === 'write') {
      const version = await patiently(instance.write(step.market, number))
      if (version === undefined) counts.failedWrites += 1
      else judge.writeAnswered(step.market, version, performance.now())
      counts.writes += 1
      return
    }
    const floor = judge.readBegins()
    const seen = await patiently(instance.read(step.question, number))
    if (seen === undefined) counts.failedReads += 1
    else if (judge.readAnswered(floor, seen, performance.now())) options.onStale?.(step.question, seen, floor)
  }

  const sessions = Array.from({ length: options.sessions }, (_, i) => session(i + 1))
  await Promise.all([...sessions, options.mishaps?.(options.seconds)])
  const { reads, staleReads, longestStaleMs } = judge
  return {
    ...counts,
    reads: reads + counts.failedReads,
    staleReads,
    longestStaleMs: staleReads === 0 ? undefined : longestStaleMs,
  }
}

/** Undefined when it fails, or takes too long. */
async function patiently<T>(answer: Promise<T>): Promise<T | undefined> {
  const done = new AbortController()
  const tooLong = sleep(PATIENCE_MS, undefined, { signal: done.signal }).catch(() => undefined)
  try {
    return await Promise.race([answer.catch(() => undefined), tooLong])
  } finally {
    done.abort()
  }
}
