import { type Config, homeOf, kindOf } from './config.ts'
import { clone, Draining, endDrain, endReplay, type Instance, Row, type State, Writing } from './state.ts'
import type { Emit, StepName } from './step-names.ts'
import { relyOn } from './writer.ts'

/**
 * A drain in the steps that the code takes (`Config.fine`): t0 and the session, looks at the log, and a DEL after the other
 * over that session, each with its reply. A row that a DEL finds committed is done when the reply is there. A new session
 * is replayed, over as many drains as it takes: it is trusted when all that the first look found is done. The pending rows
 * that the first look found are done before the writes may rely on it, and the lease is renewed; each row is marked only
 * after it is done, and no write waits for that. Rows that the view does not show have no stamp to delete.
 */
export function walkSteps(state: State, config: Config, number: number, emit: Emit): void {
  const instance = state.instances[number]!
  const to = (step: StepName, change: (instance: Instance, next: State) => void): void => {
    const next = clone(state)
    change(next.instances[number]!, next)
    emit(step, number, next)
  }
  arrivingMarks(state, to)
  if (instance.drain === Draining.idle) {
    const home = homeOf(config, number)
    if (instance.session === 0 || (home !== number && !hasLooked(state.instances[home]!))) return
    to('drain: t0 is noted, the session taken', (next) => {
      next.drain = Draining.begun
      next.linked = 1
      next.confirms = waitingAt(state, home)
    })
    return
  }
  if (instance.linked && !instance.trusted && !instance.replaying) {
    to('drain: looks at the kept rows', (next) => {
      next.replaying = 1
      next.toReplay = rowsOf(state, ({ row }) => row !== Row.none)
    })
  }
  if (instance.drain === Draining.begun) {
    to('drain: looks at the pending rows', (next, all) => {
      next.drain = Draining.walking
      next.selected = rowsOf(state, isPending)
      if (config.rules.confirmedBy === 'look') relyOn(next, all)
    })
  }
  const others = rowsOf(state, ({ row }) => row === Row.applied) & instance.selected & ~instance.done
  if (others !== 0) {
    to('drain: looks again, and another has marked a row', (next) => {
      next.done |= others
    })
  }
  if (instance.linked && !instance.deleting && instance.session === state.server.epoch) {
    const deletes = (deleted: number) =>
      to('drain: Redis deletes the stamps', (next, all) => {
        if (deleted !== 0) all.server.stamp = 0
        next.deleting = 1
        next.deleted = deleted
      })
    deletes(0)
    const committed = shown(
      rowsOf(state, ({ row }) => row !== Row.none),
      config,
    )
    if (committed !== 0) deletes(committed)
  }
  if (instance.deleting && instance.linked) {
    to('drain: DEL is confirmed, the session trusted', (next, all) => {
      if (kindOf(config, number) === 'behind') next.seen |= next.deleted
      confirmed(next, all, config)
    })
  }
  state.writes.forEach((write, index) => {
    const row = 1 << index
    if (write.row !== Row.pending || instance.drain !== Draining.walking) return
    if (config.rules.deleteFirst && (shown(row, config) & ~instance.done) !== 0) return
    to('drain: a mark is sent', (_, all) => {
      all.writes[index]!.row = Row.marking
    })
  })
  to('drain: ends', (next) => {
    if (!config.rules.leaseNeedsDrain) next.lease = 0
    endDrain(next)
  })
}

/** Of the memory in front: what its drain does within it comes after its look at the log. */
const hasLooked = ({ drain, replaying }: Instance): boolean => drain === Draining.walking || replaying === 1

/** The reply to a DEL: what was done by it is known, and what had waited for all of it happens in the same tick. */
function confirmed(instance: Instance, state: State, config: Config): void {
  const { deleted } = instance
  instance.deleting = 0
  instance.deleted = 0
  if (instance.replaying) {
    instance.replayed |= deleted
    if ((shown(instance.toReplay, config) & ~instance.replayed) === 0) {
      instance.trusted = 1
      endReplay(instance)
    }
  }
  if (instance.drain !== Draining.walking) return
  instance.done |= deleted
  if ((shown(instance.selected, config) & ~instance.done) !== 0) return
  relyOn(instance, state)
  if (instance.trusted) instance.lease = config.rules.leaseSince === 'begin' ? instance.since : 0
}

/** A mark that was sent arrives, whatever has become of its sender. */
export function arrivingMarks(
  state: State,
  to: (step: StepName, change: (instance: Instance, next: State) => void) => void,
): void {
  state.writes.forEach(({ row }, index) => {
    if (row !== Row.marking) return
    to('drain: a row is marked', (_, all) => {
      all.writes[index]!.row = Row.applied
    })
  })
}

/** The writes of an instance that wait to be answered. */
export const waitingAt = (state: State, number: number): number =>
  rowsOf(state, ({ at, phase }) => at === number && phase === Writing.waiting)

export const isPending = ({ row }: { readonly row: number }): boolean =>
  row === Row.pending || row === Row.marking

export const rowsOf = ({ writes }: State, which: (write: State['writes'][number]) => boolean): number =>
  writes.reduce((mask, write, index) => (which(write) ? mask | (1 << index) : mask), 0)

/** Those of the rows that have the view's tag. */
export const shown = (rows: number, { writes }: Config): number =>
  writes.reduce((mask, counts, index) => (counts ? mask : mask & ~(1 << index)), rows)
