import { type Config, holds, kindOf, lapsed, retiredFor } from './config.ts'
import {
  clone,
  Draining,
  type Instance,
  LEASE_ONLY,
  NO_INSTANCE,
  NO_ROW,
  noRow,
  nothingRead,
  Reading,
  Registered,
  Row,
  type State,
  type Write,
  Writing,
} from './state.ts'
import type { Emit, StepName } from './step-names.ts'
import { shown } from './walk.ts'

/**
 * The registry of holders: the instances that serve hits from their own memory. A holder registers, and only then
 * drains; a write waits for all that a drain after its COMMIT found there. Anyone may retire a row at any time, which
 * says no more than that its instance was not heard.
 */
export function holderSteps(state: State, config: Config, number: number, emit: Emit): void {
  if (!holds(kindOf(config, number))) return
  const instance = state.instances[number]!
  const registered = state.registry[instance.row]?.registered
  const to = (step: StepName, change: (instance: Instance, next: State) => void): void => {
    const next = clone(state)
    change(next.instances[number]!, next)
    emit(step, number, next)
  }
  if (config.fine) registers(state, number, emit)
  if (instance.drain !== Draining.idle) return
  const row = config.fine ? undefined : instance.row === NO_ROW ? freeRow(state) : instance.row
  if ((registered !== Registered.active || !instance.connected) && row !== undefined) {
    to('holder: registers, its new row in the place of its old one', (next, all) => {
      all.registry[row] = noRow()
      forget(row, all)
      Object.assign(next, { row, connected: 1 })
      all.registry[row] = { ...noRow(), registered: Registered.active }
    })
  }
  if (registered === undefined) return
  to('holder: gives its lease up and leaves', (next, all) => {
    if (config.rules.leaves === 'without a lease') next.held = lapsed(config)
    all.registry[next.row] = noRow()
    leaveRow(next, all)
  })
}

/**
 * In fine steps, as a drain begins: a new row, and the old one is gone in the same commit. An instance that gets no reply
 * does not know the new one as its own, and one that was killed leaves one behind.
 */
function registers(state: State, number: number, emit: Emit): void {
  for (const knows of [true, false]) {
    const before = clone(state)
    const instance = before.instances[number]!
    if (instance.drain === Draining.begun) {
      if (instance.row !== NO_ROW) before.registry[instance.row] = noRow()
      leaveRow(instance, before)
    } else if (knows) continue
    before.registry.forEach(({ registered }, row) => {
      if (registered !== Registered.none || owner(before, row) !== undefined) return
      const next = clone(before)
      const of = instance.drain === Draining.begun ? number : NO_INSTANCE
      next.registry[row] = { registered: Registered.active, age: 0, of }
      if (knows) Object.assign(next.instances[number]!, { row, connected: 1 })
      emit(
        knows
          ? 'holder: registers, its new row in the place of its old one'
          : 'holder: registers, and never learns of it',
        number,
        next,
      )
    })
  }
}

export function registrySteps(state: State, config: Config, emit: Emit): void {
  state.registry.forEach(({ registered, age, of }, row) => {
    const to = (step: StepName, registered: number): void => {
      const next = clone(state)
      next.registry[row] = registered === Registered.none ? noRow() : { registered, age: 0, of }
      if (owner(next, row) === undefined) forget(row, next)
      emit(step, row, next)
    }
    if (registered === Registered.active) to('registry: a row is retired', Registered.retired)
    if (registered === Registered.retired && age >= retiredFor(config)) {
      to('registry: a retired row is deleted', Registered.none)
    }
    if (config.fine && registered !== Registered.none && of === NO_INSTANCE) {
      to('registry: the row of a process that is gone is deleted', Registered.none)
    }
  })
}

/** Its row, if there still is one, belongs to no instance any more. */
export function leaveRow(instance: Instance, state: State): void {
  const { row } = instance
  Object.assign(instance, { row: NO_ROW, connected: 0 })
  if (row !== NO_ROW) forget(row, state)
}

/** A row that is gone, and whose instance has no use for it, cannot acknowledge: writes that wait for it have only the lease. */
function forget(row: number, state: State): void {
  if (state.registry[row]!.registered !== Registered.none) return
  for (const write of state.writes) {
    const bit = 1 << row
    if (write.list & bit && !(write.acked & bit)) write.list |= LEASE_ONLY
    write.list &= ~bit
    write.acked &= ~bit
  }
}

const owner = (state: State, row: number): Instance | undefined =>
  state.instances.find((instance) => instance.row === row)

function freeRow(state: State): number | undefined {
  const free = state.registry.findIndex(
    ({ registered }, row) => registered === Registered.none && owner(state, row) === undefined,
  )
  return free < 0 ? undefined : free
}

/** What one snapshot says of the registry: who holds, and whether this instance is among them. */
export function readRegistry(instance: Instance, state: State, config: Config, anew = false): void {
  state.writes.forEach((write, index) => {
    if (!(instance.confirms & (1 << index)) || write.phase !== Writing.waiting) return
    if (anew) Object.assign(write, { listed: 0, list: 0 })
    list(write, instance, state, config)
  })
  const { leaseNeeds, registers } = config.rules
  const registered = state.registry[instance.row]?.registered ?? Registered.none
  const early = registers === 'after its first drain' && instance.row === NO_ROW
  const there =
    leaseNeeds === 'own row, not retired'
      ? registered === Registered.active
      : registered !== Registered.none || leaseNeeds === 'nothing'
  instance.entitled = early || (there && (config.fine || instance.connected)) ? 1 : 0
}

export function list(write: Write, instance: Instance, state: State, { rules }: Config): void {
  if (write.listed) return
  write.listed = 1
  state.registry.forEach(({ registered }, row) => {
    const counts =
      registered === Registered.active || (registered === Registered.retired && rules.retiredListed)
    if (counts && (rules.ownListed || row !== instance.row)) write.list |= 1 << row
  })
}

/** Whether all that its first look found to do in memory is done; only where steps are fine. */
export const applies = ({ drain, selected, done }: Instance, config: Config): boolean =>
  drain === Draining.walking && (shown(selected, config) & ~done) === 0

/** The stamps in memory are gone, for readers and for loads that are under way; a holder says so, and holds a lease. */
export function applyInMemory(instance: Instance, number: number, state: State, config: Config): void {
  deleteInMemory(instance, number, state, config)
  if (instance.entitled) {
    if (config.rules.ackAfter === 'deletion') acknowledge(instance, state, config)
    instance.held = config.rules.leaseSince === 'begin' ? instance.since : 0
  }
  instance.entitled = 0
  instance.covers = 0
}

export function deleteInMemory(instance: Instance, number: number, state: State, config: Config): void {
  const fresh = instance.selected & ~instance.seen
  instance.seen |= instance.selected
  if (!config.writes.some((shown, index) => shown && fresh & (1 << index))) return
  instance.kept = 0
  if (!config.rules.dropsLoads) return
  for (const read of state.reads) {
    if (read.at !== number) continue
    read.current = 0
    // Nothing else comes of a load for memory alone.
    if (read.phase === Reading.loaded && read.fence === 0) Object.assign(read, nothingRead())
  }
}

export function acknowledge(instance: Instance, state: State, { rules }: Config): void {
  const { row, covers, entitled } = instance
  if (row === NO_ROW || !entitled) return
  state.writes.forEach((write, index) => {
    const covered =
      rules.ackCovers === 'time of ack'
        ? write.row !== Row.none
        : rules.ackCovers === 'watermark'
          ? covers >> index !== 0
          : covers & (1 << index)
    const waits = write.phase !== Writing.answered && write.phase !== Writing.lost
    if (covered && waits) write.acked |= 1 << row
  })
}

/** Whether all that its drain found there has acknowledged it. */
export function acknowledged({ listed, list, acked }: Write, state: State, { rules }: Config): boolean {
  if (state.registry.length === 0 || rules.acksAwaited === 'none') return true
  if (!listed) return false
  return rules.acksAwaited === 'all' ? (list & ~acked) === 0 : list === 0 || (list & acked) !== 0
}
