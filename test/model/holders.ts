import { type Config, holds, kindOf, lapsed, retiredFor } from './config.ts'
import {
  clone,
  Draining,
  type Instance,
  LEASE_ONLY,
  NO_ROW,
  nothingRead,
  Reading,
  Registered,
  Row,
  type State,
  type Write,
  Writing,
} from './state.ts'
import type { Emit, StepName } from './step-names.ts'

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
  if (instance.drain !== Draining.idle) return
  const row = instance.row === NO_ROW ? freeRow(state) : instance.row
  if ((registered !== Registered.active || !instance.connected) && row !== undefined) {
    to('holder: registers, its new row in the place of its old one', (next, all) => {
      all.registry[row] = { registered: Registered.none, age: 0 }
      forget(row, all)
      Object.assign(next, { row, connected: 1 })
      all.registry[row] = { registered: Registered.active, age: 0 }
    })
  }
  if (registered === undefined) return
  to('holder: gives its lease up and leaves', (next, all) => {
    if (config.rules.leaves === 'without a lease') next.held = lapsed(config)
    all.registry[next.row] = { registered: Registered.none, age: 0 }
    leaveRow(next, all)
  })
}

export function registrySteps(state: State, config: Config, emit: Emit): void {
  state.registry.forEach(({ registered, age }, row) => {
    const to = (step: StepName, registered: number): void => {
      const next = clone(state)
      next.registry[row] = { registered, age: 0 }
      if (owner(next, row) === undefined) forget(row, next)
      emit(step, row, next)
    }
    if (registered === Registered.active) to('registry: a row is retired', Registered.retired)
    if (registered === Registered.retired && age >= retiredFor(config)) {
      to('registry: a retired row is deleted', Registered.none)
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
export function readRegistry(instance: Instance, state: State, config: Config): void {
  for (let index = 0; index < state.writes.length; index++) {
    if (instance.confirms & (1 << index)) list(state.writes[index]!, instance, state, config)
  }
  const { leaseNeeds, registers } = config.rules
  const registered = state.registry[instance.row]?.registered ?? Registered.none
  const early = registers === 'after its first drain' && instance.row === NO_ROW
  const there =
    leaseNeeds === 'own row, not retired'
      ? registered === Registered.active
      : registered !== Registered.none || leaseNeeds === 'nothing'
  instance.entitled = early || (there && instance.connected) ? 1 : 0
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
