import type { Config } from './config.ts'
import { clone, Draining, endDrain, type Instance, Row, type State, Writing } from './state.ts'
import type { Emit, StepName } from './step-names.ts'
import { answer } from './writer.ts'

/**
 * One drain at a time per instance (`DrainLoop.#run`), at any time and as often as it likes. Noting t0, taking the
 * session and selecting are one step: more time between them only makes the lease older than it could be. For the same
 * reason a drain that has nothing to delete gets its reply at once.
 */
export function drainSteps(state: State, config: Config, number: number, emit: Emit): void {
  const { rules } = config
  const instance = state.instances[number]!
  const to = (step: StepName, change: (instance: Instance, next: State) => void): void => {
    const next = clone(state)
    change(next.instances[number]!, next)
    emit(step, number, next)
  }
  switch (instance.drain) {
    case Draining.idle:
      if (instance.session === 0 && rules.sessionFirst) return
      to(
        rules.deleteFirst ? 'drain: begins' : 'drain: rows are marked before their stamps are gone',
        (next, all) => {
          select(next, state, config, number)
          if (!rules.deleteFirst) mark(next.selected, all)
          if (rules.trust === 'during replay') next.trusted = 1
          next.drain = rules.sessionFirst ? Draining.asked : Draining.selected
          const master = next.session === state.server.epoch
          const quick = rules.leaseSince === 'begin' && next.drain === Draining.asked
          if (quick && !next.deletes && master) confirm(next, all, config)
        },
      )
      return
    case Draining.selected:
      if (instance.session !== 0) {
        to('drain: DEL is sent', (next) => {
          next.drain = Draining.asked
        })
      }
      break
    case Draining.asked:
      if (instance.session === state.server.epoch) {
        to('drain: Redis deletes the stamps', (next, all) => {
          if (next.deletes) all.server.stamp = 0
          next.drain = Draining.executed
          // A reply that takes its time matters only where the server may come back old meanwhile.
          if (!config.crash) confirm(next, all, config)
        })
      }
      if (rules.timeoutConfirms)
        to('drain: DEL is confirmed, the session trusted', (next, all) => confirm(next, all, config))
      break
    case Draining.executed:
      to('drain: DEL is confirmed, the session trusted', (next, all) => confirm(next, all, config))
      break
    case Draining.confirmed:
      to('drain: rows are marked, the lease renewed', (next, all) => {
        mark(next.selected, all)
        renew(next, config)
        endDrain(next)
      })
  }
  to('drain: given up', (next) => {
    if (!rules.leaseNeedsDrain) renew(next, config)
    endDrain(next)
  })
}

/** All pending rows; on a session that has not been replayed, every row that is kept. */
function select(instance: Instance, state: State, config: Config, number: number): void {
  state.writes.forEach((write, index) => {
    if (write.at === number && write.phase === Writing.waiting) instance.confirms |= 1 << index
  })
  const { replay, drainsAll, sessionFirst } = config.rules
  const replaying = !instance.trusted || !sessionFirst
  const own = !drainsAll && instance.confirms !== 0
  state.writes.forEach((write, index) => {
    if (write.row === Row.none || (own && !(instance.confirms & (1 << index)))) return
    const pending = write.row === Row.pending
    const wanted = replaying ? replay === 'kept' || (replay === 'pending') === pending : pending
    if (!wanted) return
    if (pending) instance.selected |= 1 << index
    if (config.writes[index]) instance.deletes = 1
  })
}

function confirm(instance: Instance, state: State, config: Config): void {
  instance.trusted = instance.session === 0 ? 0 : 1
  state.writes.forEach((write, index) => {
    if (instance.confirms & (1 << index) && write.phase === Writing.waiting) answer(write, state)
  })
  instance.deletes = 0
  instance.confirms = 0
  instance.drain = Draining.confirmed
  if (instance.selected !== 0) return
  renew(instance, config)
  endDrain(instance)
}

function mark(selected: number, state: State): void {
  state.writes.forEach((write, index) => {
    if (selected & (1 << index)) write.row = Row.applied
  })
}

function renew(instance: Instance, config: Config): void {
  instance.lease = config.rules.leaseSince === 'begin' ? instance.since : 0
}
