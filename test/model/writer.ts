import { type Config, homeOf, someAskRedis, waitsFor } from './config.ts'
import { acknowledged, list } from './holders.ts'
import { clone, type Instance, NO_INSTANCE, Row, type State, type Write, Writing } from './state.ts'
import type { Emit, StepName } from './step-names.ts'

/**
 * A write: COMMIT is sent, happens together with its row in the log, and returns. It is answered once its stamps are
 * gone: in Redis by its own instance's drain (`drain.ts`), or by anyone's whose mark is in the log; in the memory of
 * instances when all holders have said so (`holders.ts`); or after more than a lease.
 */
export function writeSteps(state: State, config: Config, number: number, emit: Emit): void {
  const write = state.writes[number]!
  const to = (step: StepName, change: (write: Write, next: State) => void): void => {
    const next = clone(state)
    change(next.writes[number]!, next)
    emit(step, number, next)
  }
  switch (write.phase) {
    case Writing.idle:
      // Writes that take turns say as much as any, and spare their permutations.
      if (number > 0 && state.writes[number - 1]!.phase === Writing.idle) return
      for (let at = 0; at < state.instances.length; at++) {
        if (homeOf(config, at) !== at) continue
        to('write: COMMIT is sent', (next, all) => {
          Object.assign(next, { phase: Writing.sent, at })
          if (config.rules.holdersRead === 'before commit') list(next, all.instances[at]!, all, config)
        })
      }
      return
    case Writing.sent:
    case Writing.orphaned:
      if (config.losses && config.fine && write.phase === Writing.sent) {
        to('write: its outcome stays unknown', (next) =>
          Object.assign(next, UNAWAITED, { phase: Writing.orphaned }),
        )
      }
      to('write: COMMIT happens, with its row in the log', (next, all) => {
        if (config.writes[number]) all.version++
        next.row = Row.pending
        if (write.phase === Writing.orphaned) next.phase = Writing.lost
        else Object.assign(next, { phase: Writing.committed, version: all.version })
      })
      return
    case Writing.committed:
      if (config.losses && config.fine) {
        to('write: its outcome stays unknown', (next) =>
          Object.assign(next, UNAWAITED, { phase: Writing.lost }),
        )
      }
      to('write: COMMIT returns', (next) => {
        next.phase = Writing.waiting
      })
      return
    case Writing.waiting:
      if (gone(write, state, config)) {
        to(
          write.row === Row.applied
            ? 'write: answered, its row was applied by another'
            : 'write: answered, every holder has acknowledged it',
          answer,
        )
      }
      if (write.age >= waitsFor(config)) to('write: answered, the lease is waited out', answer)
  }
}

/** Whether its stamps are gone wherever a reader could use them. */
export function gone(write: Write, state: State, config: Config): boolean {
  const { writeWaitsFor } = config.rules
  const inRedis = !someAskRedis(config) || write.confirmed === 1 || write.row === Row.applied
  const inMemory = acknowledged(write, state, config)
  return (inRedis || writeWaitsFor === 'holders') && (inMemory || writeWaitsFor === 'Redis')
}

/** The writes that waited when its drain began need no more of it. */
export function relyOn({ confirms }: Instance, { writes }: State): void {
  writes.forEach((write, index) => {
    if (confirms & (1 << index) && write.phase === Writing.waiting) write.confirmed = 1
  })
}

export function answer(write: Write, next: State): void {
  next.floor = Math.max(next.floor, write.version)
  Object.assign(write, { phase: Writing.answered, ...UNAWAITED })
}

/** What is not asked any more of a write that no client waits for. */
export const UNAWAITED = {
  at: NO_INSTANCE,
  age: 0,
  version: 0,
  listed: 0,
  list: 0,
  acked: 0,
  confirmed: 0,
} as const

/** Whether its wait has begun. */
export function counts(write: Write, config: Config): boolean {
  if (write.phase === Writing.waiting) return true
  const underway = write.phase === Writing.sent || write.phase === Writing.committed
  return underway && config.rules.waitFrom === 'commit sent'
}
