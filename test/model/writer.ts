import { type Config, waitsFor } from './config.ts'
import { clone, NO_INSTANCE, Row, type State, type Write, Writing } from './state.ts'
import type { Emit, StepName } from './step-names.ts'

/**
 * A write: COMMIT is sent, happens together with its row in the log, and returns. It is answered once its stamps are
 * gone: by its own instance's drain (`drain.ts`), by anyone's whose mark is in the log, or after more than a lease.
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
        to('write: COMMIT is sent', (next) => Object.assign(next, { phase: Writing.sent, at }))
      }
      return
    case Writing.sent:
    case Writing.orphaned:
      to('write: COMMIT happens, with its row in the log', (next, all) => {
        if (config.writes[number]) all.version++
        next.row = Row.pending
        if (write.phase === Writing.orphaned) next.phase = Writing.lost
        else Object.assign(next, { phase: Writing.committed, version: all.version })
      })
      return
    case Writing.committed:
      to('write: COMMIT returns', (next) => {
        next.phase = Writing.waiting
      })
      return
    case Writing.waiting:
      if (write.row === Row.applied) to('write: answered, its row was applied by another', answer)
      if (write.age >= waitsFor(config)) to('write: answered, the lease is waited out', answer)
  }
}

export function answer(write: Write, next: State): void {
  next.floor = Math.max(next.floor, write.version)
  Object.assign(write, { phase: Writing.answered, at: NO_INSTANCE, age: 0, version: 0 })
}

/** Whether its wait has begun. */
export function counts(write: Write, config: Config): boolean {
  if (write.phase === Writing.waiting) return true
  const underway = write.phase === Writing.sent || write.phase === Writing.committed
  return underway && config.rules.waitFrom === 'commit sent'
}
