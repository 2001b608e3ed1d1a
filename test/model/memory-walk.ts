import { type Config, kindOf, lapsed } from './config.ts'
import { acknowledge, applies, readRegistry } from './holders.ts'
import { clone, Draining, endDrain, endReplay, freshToken, type Instance, Row, type State } from './state.ts'
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
  const front = kindOf(config, number) === 'front'
  const within = front && state.instances[number + 1]!.drain !== Draining.idle
  if (front && instance.drain === Draining.begun && !instance.replaying) {
    to('drain: looks at the kept rows', (next) => {
      next.replaying = 1
      next.toReplay = committed(state)
    })
  }
  if (instance.drain === Draining.begun && !within && (missed === 0 || !instance.trusted)) {
    // One that holds nothing has nothing to apply, whether or not its instance knows of that, but for what Redis would give it.
    const redisMayGive = front && state.instances[number + 1]!.lease < lapsed(config)
    const empty = instance.kept === 0 && instance.stamp === 0
    for (const isNew of instance.trusted ? (empty ? [false, true] : [false]) : [true])
      looks('drain: looks at the pending rows', (next) => {
        next.drain = Draining.walking
        next.covers = committed(state)
        if (isNew) next.seen = redisMayGive ? next.seen | goneBehind(state, number, config) : next.covers
        next.selected = next.covers & ~next.seen
        next.knows = 1
        if (rules.ackAfter === 'reading') next.done = next.selected
      })
  }
  if (state.registry.length > 0) looks('drain: looks at what is left undone', () => undefined)
  if (front && instance.drain !== Draining.idle && rules.unconfirmedBypasses) {
    to('drain: Redis has not confirmed in time, and is bypassed', (_, all) => {
      all.instances[number + 1]!.lease = lapsed(config)
    })
  }
  const deletes = (deleted: number) =>
    to('drain: the stamps in memory are deleted', (next) => {
      // Of what Redis has no more, one that holds nothing has nothing left to delete.
      const empty = front && next.kept === 0 && next.stamp === 0
      const of = empty ? committed(state) : deleted
      const applied = front ? of & goneBehind(state, number, config) : of
      next.done |= applied
      if (of !== 0 && next.linked) {
        next.seen |= applied
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
  if (!front)
    state.writes.forEach((write, index) => {
      const left = shown(1 << index, config) & ~(instance.done | instance.seen)
      if (write.row !== Row.pending || (left !== 0 && !catchesUp)) return
      to('drain: a mark is sent', (_, all) => {
        all.writes[index]!.row = Row.marking
      })
    })
  to('drain: ends', (next, all) => {
    if (!rules.leaseNeedsDrain) next.held = 0
    endDrain(next)
    if (!front) return
    endReplay(next)
    endDrain(all.instances[number + 1]!)
  })
}

/**
 * Of a near cache, the rows that are applied once their stamps in memory are gone: an entry that Redis still gave would be
 * kept under new ones. Redis has none under the stamps of a row that another has marked, or that this instance has deleted
 * there; and where Redis is bypassed, what this drain has looked for is deleted there before it is used again.
 */
export function goneBehind(state: State, number: number, config: Config): number {
  const { rules } = config
  const behind = state.instances[number + 1]!
  const { selected, toReplay } = state.instances[number]!
  if (rules.memoryDeleted === 'before Redis' || !rules.unconfirmedBypasses) return committed(state)
  const marked = rowsOf(state, ({ row }) => row !== Row.none && row !== Row.pending)
  const bypassed = behind.lease >= lapsed(config) ? selected | toReplay : 0
  return behind.seen | marked | bypassed
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
