import { type Config, lapsed } from './config.ts'
import { acknowledge, applies, readRegistry } from './holders.ts'
import { clone, Draining, endDrain, freshToken, type Instance, Row, type State } from './state.ts'
import type { Emit, StepName } from './step-names.ts'
import { arrivingMarks, rowsOf, shown, waitingAt } from './walk.ts'

/**
 * A drain of a holder in the steps that the code takes (`Config.fine`): t0, its row of the registry, a look at the log
 * that says what its memory has not applied and who holds, deletions in memory, each in a tick of its own, and then, once
 * all that the look found is gone, the lease and the acknowledgement. A memory that is new, at its start or since it was
 * emptied, has nothing to apply; that the code applies again what it no longer knows of, after its connection was lost,
 * changes nothing here.
 */
export function memoryWalkSteps(state: State, config: Config, number: number, emit: Emit): void {
  const { rules } = config
  const instance = state.instances[number]!
  const to = (step: StepName, change: (instance: Instance, next: State) => void): void => {
    const next = clone(state)
    change(next.instances[number]!, next)
    emit(step, number, next)
  }
  arrivingMarks(state, to)
  if (instance.drain === Draining.idle) {
    to('drain: t0 is noted, the session taken', (next) => {
      next.drain = Draining.begun
      next.linked = 1
      next.confirms = waitingAt(state, number)
    })
    return
  }
  const looks = (step: StepName, change: (instance: Instance, next: State) => void): void => {
    // An answer may come before the drain that has read a later list has ended.
    const again = state.writes.some(({ listed }, index) => listed && instance.confirms & (1 << index))
    for (const anew of again ? [true, false] : [true]) {
      to(step, (next, all) => {
        change(next, all)
        readRegistry(next, all, config, anew)
      })
    }
  }
  // One that has not applied what was swept has to be emptied first.
  const missed =
    shown(
      rowsOf(state, ({ row }) => row === Row.swept),
      config,
    ) & ~instance.seen
  if (instance.drain === Draining.begun && (missed === 0 || !instance.trusted)) {
    looks('drain: looks at the pending rows', (next) => {
      next.drain = Draining.walking
      next.covers = committed(state)
      if (!next.trusted) next.seen = next.covers
      next.selected = next.covers & ~next.seen
      next.knows = 1
      if (rules.ackAfter === 'reading') next.done = next.selected
    })
  }
  if (state.registry.length > 0) looks('drain: looks at what is left undone', () => undefined)
  const deletes = (deleted: number) =>
    to('drain: the stamps in memory are deleted', (next) => {
      next.done |= deleted
      if (deleted !== 0 && next.linked) {
        next.seen |= deleted
        next.kept = 0
        next.stamp = rules.dropsLoads ? 0 : next.stamp
      }
      if (next.drain !== Draining.walking || !applies(next, config)) return
      if (next.linked) next.trusted = 1
      if (next.entitled) next.held = rules.leaseSince === 'begin' ? next.since : 0
    })
  deletes(0)
  const deleted = shown(committed(state), config)
  if (deleted !== 0) deletes(deleted)
  if (instance.entitled && instance.knows && (applies(instance, config) || rules.ackAfter === 'reading')) {
    to('drain: it is acknowledged', (next, all) => acknowledge(next, all, config))
  }
  // One that catches up may mark a row that committed after its tag was deleted: a holder finds rows marked or not.
  const catchesUp = instance.drain === Draining.begun
  state.writes.forEach((write, index) => {
    const left = shown(1 << index, config) & ~(instance.done | instance.seen)
    if (write.row !== Row.pending || (left !== 0 && !catchesUp)) return
    to('drain: a mark is sent', (_, all) => {
      all.writes[index]!.row = Row.marking
    })
  })
  to('drain: ends', (next) => {
    if (!rules.leaseNeedsDrain) next.held = 0
    endDrain(next)
  })
}

/** What a memory does at once: it is emptied, and its stamps with it. */
export function emptiedSteps(state: State, number: number, emit: Emit): void {
  const next = clone(state)
  Object.assign(next.instances[number]!, { kept: 0, stamp: 0, trusted: 0, linked: 0 })
  emit('memory: emptied', number, next)
}

/** A stamp in memory is made when it is first looked for. */
export function stampInMemory(instance: Instance, state: State): number {
  if (instance.stamp === 0) instance.stamp = freshToken(state)
  return instance.stamp
}

/** Whether its instance may serve what it has in memory. */
export const permitsMemory = ({ trusted, held }: Instance, config: Config): boolean =>
  (!config.fine || trusted === 1) && held < lapsed(config)

const committed = (state: State): number => rowsOf(state, ({ row }) => row !== Row.none)
