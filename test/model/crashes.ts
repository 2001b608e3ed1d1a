import { type Config, lapsed } from './config.ts'
import { giveUp } from './reader.ts'
import type { Rules } from './rules.ts'
import { clone, Draining, endDrain, NO_INSTANCE, Reading, type State, Writing } from './state.ts'
import type { Emit } from './step-names.ts'

/** An instance's session is made, lost with what it had under way, or its process killed with everything it knew. */
export function sessionSteps(state: State, config: Config, number: number, emit: Emit): void {
  const instance = state.instances[number]!
  if (instance.session === 0) {
    makeSession(state, config, number, state.server.epoch, emit)
    const replica = config.crash && state.server.epoch === 1 && !config.rules.mastersOnly
    // What it is sent waits there until it is the master.
    if (replica) makeSession(state, config, number, 2, emit)
  } else if (config.losses || instance.session !== state.server.epoch) {
    const next = clone(state)
    loseSession(next, number, config.rules)
    emit('session: lost', number, next)
  }
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

/** Its commands fail; none is moved to another session. The lease stays. */
function loseSession(next: State, number: number, rules: Rules): void {
  const instance = next.instances[number]!
  instance.session = 0
  instance.trusted = 0
  const { drain } = instance
  if (drain >= Draining.asked && drain < Draining.confirmed) endDrain(instance)
  for (const read of next.reads) {
    if (read.at !== number || !read.connected) continue
    read.connected = 0
    if (read.phase === Reading.asked && !rules.movesReads) giveUp(read)
    else if (read.phase === Reading.replied || read.phase === Reading.making) giveUp(read)
  }
}

function kill(next: State, number: number, config: Config): void {
  next.kills--
  loseSession(next, number, config.rules)
  const instance = next.instances[number]!
  endDrain(instance)
  instance.lease = lapsed(config)
  for (const read of next.reads) {
    if (read.at !== number) continue
    if (read.phase === Reading.storing) read.at = NO_INSTANCE
    else giveUp(read)
  }
  for (const write of next.writes) {
    if (write.at !== number) continue
    const phase = write.phase === Writing.sent ? Writing.orphaned : Writing.lost
    Object.assign(write, { phase, at: NO_INSTANCE, age: 0, version: 0 })
  }
}
