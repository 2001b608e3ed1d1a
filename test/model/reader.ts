import { asksRedis, type Config, holds, homeOf, kindOf, lapsed } from './config.ts'
import { permitsMemory, stampInMemory } from './memory-walk.ts'
import {
  clone,
  freshToken,
  type Instance,
  nothingRead,
  over,
  type Read,
  Reading,
  type State,
} from './state.ts'
import type { Emit, StepName } from './step-names.ts'

/**
 * A hit in memory is one tick: lease, stamp and entry are looked at together. So is the beginning of a load for memory
 * alone, since one that loads later after the same look sees no less. A near cache asks Redis in between, and keeps what
 * comes of it under the stamps from before.
 */
export function memorySteps(state: State, config: Config, number: number, emit: Emit): void {
  const { kept } = state.instances[number]!
  if (!holds(kindOf(config, number)) || !permitsMemory(state.instances[number]!, config)) return
  const served = (step: StepName, version: number): void => {
    if (version >= state.floor) emit(step, number, state)
    else emit(step, number, { ...clone(state), broken: true })
  }
  if (kept > 0 && state.floor > 0) served('read: a hit in memory after an answered write', kept - 1)
  else if (kept > 0 && config.fine) served('read: a hit in memory', kept - 1)
  if (config.fine) return
  for (const { at, current, phase, version } of state.reads) {
    if (phase === Reading.loaded && at === number && current)
      served('read: joins a load under the same stamp in memory', version)
  }
}

/**
 * A read: asks for entry and stamp together, under a lease; a hit ends it. On a miss it makes the stamp if there is
 * none, loads only after that, and stores under what it observed.
 */
export function readSteps(state: State, config: Config, number: number, emit: Emit): void {
  const { rules } = config
  const read = state.reads[number]!
  const instance = state.instances[read.at]
  const reaches = read.epoch === state.server.epoch
  const to = (step: StepName, change: (read: Read, next: State) => void): void => {
    const next = clone(state)
    change(next.reads[number]!, next)
    emit(step, number, next)
  }
  if (read.resent && reaches && state.server.stamp === 0 && read.phase !== Reading.making) {
    to('read: SET NX arrives late', (next, all) => {
      all.server.stamp = next.fence
      next.resent = 0
    })
  }
  switch (read.phase) {
    case Reading.idle:
      if (number > 0 && state.reads[number - 1]!.phase === Reading.idle) return
      begin(state, config, to)
      return
    case Reading.asked:
      if (reaches) lookup(state, config, read, to)
      break
    case Reading.replied:
      if (holds(kindOf(config, read.at))) {
        to('read: what Redis had is kept in memory', (next, all) => {
          if (rules.promotes === 'under stamps of the reply') next.current = 1
          keep(next, all, config)
          over(next)
        })
      } else if (instance!.lease < lapsed(config))
        to('read: reply arrives', (next, all) => hit(next, all, next.version))
      break
    case Reading.looked:
      if (permits(instance!, config)) {
        const { session, floor } = { ...instance!, ...state }
        to('read: lookup is sent, under a lease, on a trusted session', (next) =>
          Object.assign(next, { connected: 1, epoch: session, floor, phase: Reading.asked }),
        )
        if (!rules.l1Checked) hitInL1(read, to)
      }
      break
    case Reading.stamped:
      if (reaches || read.entryStamp !== 0) found(state, config, read, to)
      break
    case Reading.found: {
      const front = kindOf(config, read.at) === 'front'
      to(
        front ? 'read: what Redis had is kept in memory' : 'read: what Redis had is kept in L1',
        (next, all) => {
          if (!front) keepInL1(next, all)
          else {
            if (rules.promotes === 'under stamps of the reply') next.current = all.instances[next.at]!.stamp
            keep(next, all, config)
          }
          over(next)
        },
      )
      break
    }
    case Reading.making:
      if (reaches && config.fine) {
        to('read: SET NX is executed', (next, all) => {
          if (all.server.stamp === 0) all.server.stamp = next.fence
          next.phase = Reading.made
        })
      } else if (reaches) {
        to('read: SET NX and GET give the stamp', (next, all) => {
          if (all.server.stamp === 0) all.server.stamp = next.fence
          next.fence = all.server.stamp
          if (!rules.sentOnce) next.resent = 1
          observe(next, config)
        })
      }
      break
    case Reading.made:
      if (reaches && state.server.stamp !== 0) {
        to('read: SET NX and GET give the stamp', (next, all) => {
          next.fence = all.server.stamp
          observe(next, config)
        })
      }
      break
    case Reading.past:
      to('read: loads without the cache', (next, all) => hit(next, all, state.version))
      break
    case Reading.observed:
      if (kindOf(config, read.at) === 'front' && read.fence === 0) {
        const behind = state.instances[read.at + 1]!
        const asked = { connected: 1, epoch: behind.session, phase: Reading.asked }
        if (permits(behind, config))
          to('read: lookup is sent, under a lease, on a trusted session', (next) =>
            Object.assign(next, asked),
          )
      }
      to('read: loads', (next) => {
        next.phase = Reading.loaded
        next.version = state.version
      })
      state.reads.forEach((other) => {
        const flying =
          other.phase === Reading.loaded || other.phase === Reading.storing || other.phase === Reading.stored
        if (!flying || other.at !== read.at || rules.observe === 'after load') return
        if (config.fine ? other.current !== read.current : other.fence === 0) return
        if (rules.flightsByFence && other.fence !== read.fence) return
        to('read: joins a load under the same stamp', (next, all) => hit(next, all, other.version))
      })
      break
    case Reading.loaded:
      if (read.connected && read.fence !== 0 && mayStore(read, state, config)) {
        to('read: SET of the entry is sent', (next, all) => {
          if (!config.fine) keep(next, all, config)
          next.phase = Reading.storing
        })
      }
      if (kindOf(config, read.at) === 'tiered' && read.fence !== 0 && holdsLease(instance!, config))
        to('read: the entry is kept in L1', keepInL1)
      if (holds(kindOf(config, read.at)) && (!config.fine || permitsMemory(instance!, config))) {
        to('read: the entry is kept in memory alone', (next, all) => {
          keep(next, all, config)
          // In front of Redis it is sent there, too.
          if (config.fine && next.fence === 0) next.phase = Reading.stored
          else if (!config.fine) giveUp(next)
        })
      }
      break
    case Reading.storing:
      if (reaches) {
        to('read: Redis stores the entry', (next, all) => {
          all.server.entryVersion = next.version
          all.server.entryStamp = next.fence
          if (config.fine) next.phase = Reading.stored
          else if (next.resent) giveUp(next)
          else over(next)
        })
      }
      break
    case Reading.late:
      if (reaches && state.server.stamp === 0 && !read.resent) {
        to('read: SET NX arrives late', (next, all) => {
          all.server.stamp = next.fence
          over(next)
        })
      }
      break
  }
  if (read.phase !== Reading.idle && read.phase !== Reading.over) {
    to('read: given up, or its command lost', read.phase === Reading.late ? over : giveUp)
  }
}

type To = (step: StepName, change: (read: Read, next: State) => void) => void

function begin(state: State, config: Config, to: To): void {
  state.instances.forEach((instance, at) => {
    const kind = kindOf(config, at)
    if (homeOf(config, at) !== at) return
    if (config.fine) {
      const past = { at, floor: state.floor, phase: Reading.past }
      to('read: begins without the cache', (next) => Object.assign(next, past))
    }
    const current = holds(kind) ? instance.stamp : 0
    if (config.fine && holds(kind)) {
      if (!permitsMemory(instance, config)) return
      to('read: lookup in memory finds no entry that counts', (next, all) => {
        const stamp = stampInMemory(all.instances[at]!, all)
        Object.assign(next, { at, current: stamp, floor: state.floor, phase: Reading.observed })
      })
    } else if (current && instance.held < lapsed(config)) {
      to('read: loads, for memory alone', (next) =>
        Object.assign(next, { at, current, phase: Reading.loaded, version: state.version }),
      )
    }
    if (kind === 'tiered') beginInL1(instance, at, state.floor, to)
    if (!asksRedis(kind) || !permits(instance, config)) return
    const asked = {
      at,
      current,
      connected: 1,
      epoch: instance.session,
      floor: state.floor,
      phase: Reading.asked,
    }
    if (config.rules.observe === 'before load') {
      to('read: lookup is sent, under a lease, on a trusted session', (next) => Object.assign(next, asked))
    } else {
      to('read: loads before it observes', (next) => Object.assign(next, asked, { version: state.version }))
      to('read: lookup is sent, under a lease, on a trusted session', (next) => Object.assign(next, asked))
    }
  })
}

/** Where L1 has an entry, it is looked at before Redis is asked. A read marked unverified promises nothing. */
function beginInL1({ kept, stamp, session, trusted }: Instance, at: number, floor: number, to: To): void {
  if (kept > 0) {
    const candidate = { entryVersion: kept - 1, entryStamp: stamp, floor }
    to('read: an entry in L1 is looked at', (next) =>
      Object.assign(next, candidate, { at, phase: Reading.looked }),
    )
  }
  if (session === 0 || !trusted) return
  to('read: lookup is sent, to be marked unverified', (next) =>
    Object.assign(next, { at, connected: 1, epoch: session, phase: Reading.asked }),
  )
}

/**
 * GET of entry and stamp. They need not be one command (and are two where steps are fine): a token that is never reused,
 * and equal, was current between.
 */
function lookup(state: State, config: Config, read: Read, to: To): void {
  const { stamp, entryStamp, entryVersion } = state.server
  if (stamp === 0) {
    to('read: lookup finds no stamp, SET NX and GET are sent', (next) => {
      next.fence = config.rules.freshStamps ? freshToken(state) : 1
      next.phase = Reading.making
      forgetCandidate(next)
      if (config.rules.stampReadBack) return
      next.resent = 1
      observe(next, config)
    })
  } else if (config.fine) {
    to('read: GET of the stamp is executed', (next) => {
      next.fence = stamp
      next.phase = Reading.stamped
    })
  } else if (entryStamp === stamp) {
    const after = read.floor > 0
    to(
      after ? 'read: lookup finds a hit after an answered write' : 'read: lookup finds a hit',
      (next, all) => {
        const kept = holds(kindOf(config, read.at)) && entryVersion >= read.floor
        if (config.rules.leaseChecked === 'at the reply' || kept) {
          next.phase = Reading.replied
          next.version = entryVersion
        } else hit(next, all, entryVersion)
      },
    )
  } else {
    to('read: lookup finds no entry that counts', (next) => {
      next.fence = stamp
      observe(next, config)
    })
  }
}

/**
 * GET of the entry, after that of the stamp; in L1, what it had before that stamp was asked for. What it finds need not be
 * used: it may be too old, or bound to another tag.
 */
function found({ server }: State, config: Config, read: Read, to: To): void {
  const { entryStamp, entryVersion } = server
  const kept = kindOf(config, read.at) !== 'shared'
  if (read.entryStamp !== 0) {
    if (read.entryStamp === read.fence) hitInL1(read, to)
  } else if (entryStamp === read.fence) {
    to(
      read.floor > 0 ? 'read: lookup finds a hit after an answered write' : 'read: lookup finds a hit',
      (next, all) => {
        if (kept && entryVersion >= read.floor)
          Object.assign(next, { phase: Reading.found, version: entryVersion })
        else hit(next, all, entryVersion)
      },
    )
  }
  to('read: lookup finds no entry that counts', (next) => observe(next, config))
}

function hitInL1({ floor, entryVersion }: Read, to: To): void {
  to(floor > 0 ? 'read: a hit in L1 after an answered write' : 'read: a hit in L1', (next, all) =>
    hit(next, all, entryVersion),
  )
}

/** Under the stamp that it was found, or loaded, under: whether that is still current the next read asks Redis. */
function keepInL1({ at, version, fence }: Read, state: State): void {
  Object.assign(state.instances[at]!, { kept: version + 1, stamp: fence })
}

/** The stamp is known: now, and not before, a load may begin. */
function observe(read: Read, config: Config): void {
  read.phase = config.rules.observe === 'after load' ? Reading.loaded : Reading.observed
  forgetCandidate(read)
}

/** From here on no read can have a hit: what was kept under a stamp that was missing is lost for good. */
function forgetCandidate(read: Read): void {
  read.entryVersion = 0
  read.entryStamp = 0
}

/** In memory, if the stamp that it observed there is still the current one. */
function keep(read: Read, state: State, config: Config): void {
  const instance = state.instances[read.at]!
  const holds = config.fine || instance.held < lapsed(config)
  if (read.current && read.current === instance.stamp && holds) {
    instance.kept = read.version + 1
  }
  if (!config.fine) read.current = 0
}

/** The invariant. */
function hit(read: Read, state: State, version: number): void {
  if (version < read.floor) state.broken = true
  if (read.resent) giveUp(read)
  else over(read)
}

/**
 * The reader falls back to the database. A SET NX that is on its way stays there. Of loads for memory alone there may be
 * any number, one after the other.
 */
export function giveUp(read: Read): void {
  const { phase, epoch, fence, resent } = read
  if (phase === Reading.loaded && fence === 0) {
    Object.assign(read, nothingRead())
    return
  }
  over(read)
  if (phase === Reading.making || resent) Object.assign(read, { phase: Reading.late, epoch, fence })
}

/** `LeasePermit.assert`: what must be true in the tick in which a command is sent. */
function permits(instance: Instance, config: Config): boolean {
  return instance.session !== 0 && instance.trusted === 1 && holdsLease(instance, config)
}

/** A near cache stores under its lease as a holder, over the session that there was, also when its memory was emptied. */
function mayStore({ at }: Read, { instances }: State, config: Config): boolean {
  const instance = instances[at]!
  return kindOf(config, at) === 'front' ? instance.held < lapsed(config) : permits(instance, config)
}

const holdsLease = ({ lease }: Instance, config: Config): boolean =>
  config.rules.leaseChecked !== 'when sending' || lease < lapsed(config)
