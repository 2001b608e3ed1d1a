import { asksRedis, type Config, holds, kindOf, lapsed } from './config.ts'
import { acknowledge, applyInMemory, deleteInMemory, readRegistry } from './holders.ts'
import { clone, Draining, endDrain, type Instance, Row, type State, Writing } from './state.ts'
import type { Emit, StepName } from './step-names.ts'
import { answer, gone, relyOn } from './writer.ts'

/**
 * One drain at a time per instance (`DrainLoop.#run`), at any time and as often as it likes. Noting t0, taking the
 * session and selecting are one step: more time between them only makes the lease older than it could be. For the same
 * reason a drain that has nothing to delete gets its reply at once. A near cache deletes the stamps in its memory in the
 * tick in which Redis has confirmed, or in which it gives Redis up and, with it, what it has there.
 */
export function drainSteps(state: State, config: Config, number: number, emit: Emit): void {
  const { rules } = config
  const instance = state.instances[number]!
  const kind = kindOf(config, number)
  const to = (step: StepName, change: (instance: Instance, next: State) => void): void => {
    const next = clone(state)
    change(next.instances[number]!, next)
    emit(step, number, next)
  }
  switch (instance.drain) {
    case Draining.idle:
      if (kind === 'shared' && instance.session === 0 && rules.sessionFirst) return
      to(
        rules.deleteFirst ? 'drain: begins' : 'drain: rows are marked before their stamps are gone',
        (next, all) => {
          select(next, all, config, number)
          if (!rules.deleteFirst) mark(next.selected, all)
          if (rules.trust === 'during replay') next.trusted = 1
          const quick = rules.leaseSince === 'begin' && (next.selected & ~next.seen) === 0
          if (!asksRedis(kind) || (kind === 'near' && next.session === 0)) {
            next.drain = Draining.memory
            if (quick) endInMemory(next, number, all, config)
            return
          }
          next.drain = rules.sessionFirst ? Draining.asked : Draining.selected
          const master = next.session === state.server.epoch
          const unasked = kind === 'shared' ? rules.leaseSince === 'begin' : quick
          if (unasked && next.drain === Draining.asked && !next.deletes && master) {
            confirm(next, number, all, config)
          }
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
          if (!config.crash && kind === 'shared') confirm(next, number, all, config)
        })
      }
      if (rules.timeoutConfirms)
        to('drain: DEL is confirmed, the session trusted', (next, all) => confirm(next, number, all, config))
      break
    case Draining.executed:
      to('drain: DEL is confirmed, the session trusted', (next, all) => confirm(next, number, all, config))
      break
    case Draining.memory:
      to('drain: the stamps in memory are deleted, and it is acknowledged', (next, all) =>
        endInMemory(next, number, all, config),
      )
      break
    case Draining.confirmed:
      to('drain: rows are marked, the lease renewed', (next, all) => {
        mark(next.selected, all)
        renew(next, config)
        endDrain(next)
      })
  }
  if (kind === 'near' && (instance.drain === Draining.asked || instance.drain === Draining.executed)) {
    to('drain: Redis has not confirmed in time, and is bypassed', (next) => withoutRedis(next, config))
  }
  to('drain: given up', (next, all) => {
    if (!rules.leaseNeedsDrain) renew(next, config)
    if (rules.abortedAcks) acknowledge(next, all, config)
    endDrain(next)
  })
}

/** From now on it has no lease in Redis; what it has in memory goes on. */
export function withoutRedis(instance: Instance, config: Config): void {
  instance.drain = Draining.memory
  instance.deletes = 0
  if (config.rules.unconfirmedBypasses) instance.lease = lapsed(config)
}

function endInMemory(instance: Instance, number: number, state: State, config: Config): void {
  if (holds(kindOf(config, number))) applyInMemory(instance, number, state, config)
  if (!config.rules.marksNeedRedis) mark(instance.selected, state)
  endDrain(instance)
}

/**
 * All pending rows; on a session that has not been replayed, every row that is kept; for a memory, all that it has not
 * applied. The same snapshot says who holds.
 */
function select(instance: Instance, state: State, config: Config, number: number): void {
  state.writes.forEach((write, index) => {
    if (write.at === number && write.phase === Writing.waiting) instance.confirms |= 1 << index
  })
  const { replay, drainsAll, sessionFirst, memoryDeleted, ackAfter } = config.rules
  const kind = kindOf(config, number)
  const replaying = !instance.trusted || !sessionFirst
  const own = !drainsAll && instance.confirms !== 0
  state.writes.forEach((write, index) => {
    if (write.row === Row.none || (own && !(instance.confirms & (1 << index)))) return
    const pending = write.row === Row.pending
    const wanted = replaying ? replay === 'kept' || (replay === 'pending') === pending : pending
    const unseen = holds(kind) && !(instance.seen & (1 << index))
    const inRedis = wanted && asksRedis(kind)
    if ((inRedis && pending) || unseen) instance.selected |= 1 << index
    if (inRedis && config.writes[index]) instance.deletes = 1
  })
  if (state.registry.length > 0) readRegistry(instance, state, config)
  if (config.rules.confirmedBy === 'look') relyOn(instance, state)
  if (!holds(kind)) return
  instance.covers |= instance.seen | instance.selected
  if (ackAfter === 'reading') acknowledge(instance, state, config)
  if (memoryDeleted === 'before Redis') deleteInMemory(instance, number, state, config)
}

function confirm(instance: Instance, number: number, state: State, config: Config): void {
  instance.trusted = instance.session === 0 ? 0 : 1
  relyOn(instance, state)
  state.writes.forEach((write, index) => {
    if (!(instance.confirms & (1 << index)) || write.phase !== Writing.waiting) return
    if (gone(write, state, config)) answer(write, state)
  })
  if (holds(kindOf(config, number))) applyInMemory(instance, number, state, config)
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
