import { asksRedis, type Config, holds, homeOf, kindOf, lapsed } from './config.ts'
import { withoutRedis } from './drain.ts'
import { leaveRow } from './holders.ts'
import { emptiedSteps } from './memory-walk.ts'
import { giveUp } from './reader.ts'
import {
  clone,
  Draining,
  endDrain,
  endReplay,
  type Instance,
  LEASE_ONLY,
  NO_INSTANCE,
  noRow,
  over,
  Reading,
  Row,
  type State,
  Writing,
} from './state.ts'
import type { Emit } from './step-names.ts'
import { UNAWAITED } from './writer.ts'

/** An instance's session is made, lost with what it had under way, or its process killed with everything it knew. */
export function sessionSteps(state: State, config: Config, number: number, emit: Emit): void {
  const instance = state.instances[number]!
  const connects = asksRedis(kindOf(config, number))
  if (connects && instance.session === 0) {
    makeSession(state, config, number, state.server.epoch, emit)
    const replica = config.crash && state.server.epoch === 1 && !config.rules.mastersOnly
    // What it is sent waits there until it is the master.
    if (replica) makeSession(state, config, number, 2, emit)
  } else if (connects && (config.losses || instance.session !== state.server.epoch)) {
    const next = clone(state)
    loseSession(next, number, config)
    emit('session: lost', number, next)
  }
  if (homeOf(config, number) !== number) return
  if (config.losses && state.registry.length > 0) {
    const next = clone(state)
    loseLog(next.instances[number]!, config)
    emit('log: an instance’s connection is lost', number, next)
  }
  if (config.fine && config.evictions && holds(kindOf(config, number))) emptiedSteps(state, number, emit)
  if (state.kills > 0) {
    const next = clone(state)
    kill(next, number, config)
    emit('instance: killed, and started again', number, next)
  }
}

function makeSession(state: State, config: Config, number: number, epoch: number, emit: Emit): void {
  const next = clone(state)
  const made = next.instances[number]!
  made.session = epoch
  made.trusted = config.rules.trust === 'at once' ? 1 : 0
  for (const read of next.reads) {
    if (read.phase !== Reading.asked || read.at !== number) continue
    read.connected = 1
    read.epoch = epoch
  }
  emit('session: made, with a master', number, next)
}

/** Waiting for a reply of Redis, without which there is nothing to go on with. */
const LOOKING: ReadonlySet<number> = new Set([Reading.replied, Reading.stamped, Reading.making, Reading.made])

/** Its commands fail; none is moved to another session. The lease stays. */
function loseSession(next: State, number: number, config: Config): void {
  const instance = next.instances[number]!
  instance.session = 0
  instance.trusted = 0
  instance.linked = 0
  endReplay(instance)
  const { drain } = instance
  if (drain >= Draining.asked && drain < Draining.confirmed) {
    if (holds(kindOf(config, number))) withoutRedis(instance, config)
    else endDrain(instance)
  }
  for (const read of next.reads) {
    if (read.at !== homeOf(config, number) || !read.connected) continue
    read.connected = 0
    if (read.phase === Reading.asked && !config.rules.movesReads) giveUp(read)
    else if (LOOKING.has(read.phase)) giveUp(read)
  }
}

function kill(next: State, number: number, config: Config): void {
  next.kills--
  if (kindOf(config, number) === 'front') {
    loseSession(next, number + 1, config)
    endDrain(next.instances[number + 1]!)
    next.instances[number + 1]!.lease = lapsed(config)
  }
  loseSession(next, number, config)
  const instance = next.instances[number]!
  endDrain(instance)
  instance.lease = lapsed(config)
  instance.held = lapsed(config)
  instance.kept = 0
  if (config.fine) Object.assign(instance, { stamp: 0, trusted: 0 })
  if (holds(kindOf(config, number))) {
    // It begins empty, so it need not apply what had committed by then.
    instance.seen = committed(next)
    leaveRow(instance, next)
    for (const row of next.registry) if (row.of === number) row.of = NO_INSTANCE
  }
  for (const read of next.reads) {
    if (read.at !== number) continue
    if (read.phase === Reading.storing) read.at = NO_INSTANCE
    // In fine steps each read is one that was asked, and is over; none takes its place.
    else if (config.fine && read.phase === Reading.loaded) over(read)
    else giveUp(read)
  }
  for (const write of next.writes) {
    if (write.at !== number) continue
    const phase = write.phase === Writing.sent ? Writing.orphaned : Writing.lost
    Object.assign(write, { phase, ...UNAWAITED })
  }
}

const committed = ({ writes }: State): number =>
  writes.reduce((mask, { row }, index) => (row === Row.none ? mask : mask | (1 << index)), 0)

/** Its drain fails, what it had seen counts for nothing, and it needs another row; entries and lease stay. */
function loseLog(instance: Instance, { fine, rules }: Config): void {
  // In fine steps it ends when the drain notices, which has perhaps no more to ask.
  if (fine) instance.knows = 0
  else endDrain(instance)
  // In fine steps it is what was done, and not what the instance knows of it: a log read anew tells nothing else.
  if (!fine && !rules.seenOutlivesConnection) instance.seen = 0
  instance.connected = 0
}

/** All rows that are applied by now, whether or not an instance has seen them. */
export function sweepSteps(state: State, config: Config, emit: Emit): void {
  if (!config.sweeps || state.writes.every(({ row }) => row !== Row.applied)) return
  const next = clone(state)
  for (const write of next.writes) if (write.row === Row.applied) write.row = Row.swept
  emit('log: applied rows are swept', -1, next)
}

/** PostgreSQL crashes, and comes back with what was committed. Writes to come may get numbers that were seen as ended. */
export function databaseSteps(state: State, config: Config, emit: Emit): void {
  if (state.databaseCrashes === 0) return
  const { rules } = config
  const next = clone(state)
  if (config.databaseCrash !== 'again') next.databaseCrashes--
  const toCome = next.writes.flatMap(({ phase }, index) => (phase === Writing.idle ? [index] : []))
  const mask = toCome.reduce((bits, index) => bits | (1 << index), 0)
  if (rules.acksOutliveConnection) {
    for (const { held, row } of next.instances) {
      if (held < lapsed(config)) for (const index of toCome) next.writes[index]!.acked |= 1 << row
    }
  }
  for (const instance of next.instances) {
    if (rules.ackConnection === 'any' && instance.drain === Draining.memory) {
      instance.covers |= mask
      continue
    }
    if (rules.seenOutlivesConnection) instance.seen |= mask
    loseLog(instance, config)
  }
  for (const write of next.writes) {
    if (write.phase === Writing.waiting && !config.fine) {
      write.listed = 1
      write.list |= LEASE_ONLY
    }
    const unanswered = write.phase === Writing.sent || write.phase === Writing.committed
    if (unanswered || write.phase === Writing.orphaned) {
      Object.assign(write, { phase: Writing.lost, ...UNAWAITED })
    }
  }
  if (!rules.registryLogged) {
    for (const row of next.registry) Object.assign(row, noRow())
  }
  emit('PostgreSQL: crashes, and gives numbers out again', -1, next)
}
