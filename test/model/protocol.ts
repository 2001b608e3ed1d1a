import { PROTOCOL, type Rules } from './rules.ts'
import {
  clone,
  Draining,
  endDrain,
  freshToken,
  type Instance,
  NOBODY,
  nothingRead,
  over,
  type Read,
  Reading,
  Row,
  type State,
  type Write,
  Writing,
} from './state.ts'

/**
 * Read-after-write with a shared cache, as a transition system: what each party may do next, in any order, with any
 * delay and any loss. A step is what happens in one tick of an event loop, or at a server as one command; everything
 * between two steps may take for ever. `search.ts` visits all of it.
 *
 * Invariant: a read that began after a write was answered never returns a version older than the write's.
 *
 * Left out, because it cannot break the invariant or is outside the promise: reads that bypass the cache (they load
 * what is committed and store nothing), reads marked unverified, early refresh (one more read), two views, the sweep
 * of rows (kept longer than any entry), private and tiered caches, a Redis split in two writable halves. A command that
 * arrives late is one that stays on its way; a DEL whose sender has given up does what eviction does at any time.
 */
export interface Config {
  readonly instances: 1 | 2 | 3
  readonly reads: 1 | 2 | 3
  /** For each write, whether the view shows what it changes. One that does not still promises what came before it. */
  readonly writes: readonly boolean[]
  /** L, in ticks. A slow clock lets a lease live through the tick in which it lapses: it holds while its age is at most L. */
  readonly lease: number
  /** Redis may come back once, with an older copy of its data. */
  readonly crash: boolean
  /** Connections may drop at any time. */
  readonly losses: boolean
  /** Stamps and entries may vanish at any time. */
  readonly evictions: boolean
  /** How many instances may be killed. They start again at once, knowing nothing. */
  readonly kills: 0 | 1 | 2
  /** Begin with a filled cache, its copy, and instances that hold leases; otherwise with nothing. */
  readonly warm: boolean
  readonly rules: Rules
}

export const BASE: Config = {
  instances: 2,
  reads: 2,
  writes: [true],
  lease: 1,
  crash: false,
  losses: false,
  evictions: true,
  kills: 0,
  warm: false,
  rules: PROTOCOL,
}

/** Every step, and the code that it stands for; paths are from `src/application/caching` unless they begin with `cache/`. */
export const STEPS = {
  'time passes': 'lease.ts Lease.ageMs, and every clock',
  'write: COMMIT is sent': 'unit-of-work.ts UnitOfWork.#commit',
  'write: COMMIT happens, with its row in the log': 'unit-of-work.ts log, in the same transaction',
  'write: COMMIT returns': 'unit-of-work.ts UnitOfWork.#commit: committedAt',
  'write: answered, its row was applied by another':
    'write-confirmation.ts #confirmShared: applied-by-another',
  'write: answered, the lease is waited out': 'write-confirmation.ts #waitOut',
  'drain: begins': 'drain.ts Drain.run: Lease.now, session, #select, and DEL is sent',
  'drain: DEL is sent': 'drain.ts invalidateAll (variant)',
  'drain: Redis deletes the stamps': 'cache/master-connection.ts MasterConnection.deleteAndVerify',
  'drain: DEL is confirmed, the session trusted':
    'drain.ts Drain.run: TrustedSessions.trust; its writes are answered',
  'drain: rows are marked, the lease renewed': 'drain.ts Drain.run: markApplied, then Lease.renew',
  'drain: rows are marked before their stamps are gone': 'drain.ts Drain.run (variant)',
  'drain: given up': 'drain.ts Drain.run: catch',
  'read: lookup is sent, under a lease, on a trusted session':
    'read-through.ts ReadThrough.#read, gate.ts Gate.assert',
  'read: loads before it observes': 'read-through.ts ReadThrough.#fill (variant)',
  'read: lookup finds a hit': 'cache/redis-session.ts RedisSession.lookup, cache/stored-entry.ts sameFence',
  'read: lookup finds a hit after an answered write': 'the same',
  'read: lookup finds no entry that counts': 'cache/redis-session.ts RedisSession.lookup',
  'read: lookup finds no stamp, SET NX and GET are sent': 'cache/stamp-batch.ts StampBatch',
  'read: reply arrives': 'read-through.ts ReadThrough.#read (variant)',
  'read: SET NX and GET give the stamp': 'cache/master-connection.ts MasterConnection.makeStamps',
  'read: SET NX arrives late': 'the same, after its caller gave up',
  'read: loads': 'read-through.ts ReadThrough.#fill, #load',
  'read: joins a load under the same stamp': 'read-through.ts ReadThrough.#miss, flights.ts Flights.join',
  'read: SET of the entry is sent': 'read-through.ts ReadThrough.#store',
  'read: Redis stores the entry': 'cache/redis-session.ts RedisSession.store',
  'read: given up, or its command lost': 'cache/guard.ts Guard.run',
  'session: made, with a master': 'cache/master-connection.ts MasterConnection.open',
  'session: lost': 'cache/link.ts Link.#run: ended',
  'instance: killed, and started again': 'kill -9',
  'Redis: evicts the stamp': 'maxmemory-policy, FLUSHALL, expiry',
  'Redis: evicts the entry': 'the same, and the TTL',
  'Redis: is copied': 'a dump, or a replica that catches up',
  'Redis: comes back as its copy': 'restart from a dump, or fail-over to a replica that lags',
} as const

export type StepName = keyof typeof STEPS
/** `who`: the instance, the write or the read by its number; -1 for nobody in particular. */
export type Emit = (step: StepName, who: number, next: State) => void

export function initial(config: Config): State {
  const data = config.warm
    ? { stamp: 1, entryVersion: 0, entryStamp: 1 }
    : { stamp: 0, entryVersion: 0, entryStamp: 0 }
  const atRest = { drain: Draining.idle, since: 0, deletes: 0, selected: 0, confirms: 0 }
  const instance = config.warm
    ? { session: 1, trusted: 1, lease: 0, ...atRest }
    : { session: 0, trusted: 0, lease: lapsed(config), ...atRest }
  return {
    version: 0,
    floor: 0,
    kills: config.kills,
    broken: false,
    recurring: config.rules.freshStamps ? 0 : 1,
    writes: config.writes.map(() => ({ phase: Writing.idle, at: NOBODY, age: 0, version: 0, row: Row.none })),
    server: { epoch: 1, ...data },
    copy: config.crash ? { ...data } : { stamp: 0, entryVersion: 0, entryStamp: 0 },
    instances: Array.from({ length: config.instances }, () => ({ ...instance })),
    reads: Array.from({ length: config.reads }, nothingRead),
  }
}

/** Tells every state that can come next. */
export function steps(state: State, config: Config, emit: Emit): void {
  timePasses(state, config, emit)
  for (let number = 0; number < state.writes.length; number++) writeSteps(state, config, number, emit)
  for (let number = 0; number < state.instances.length; number++) {
    drainSteps(state, config, number, emit)
    sessionSteps(state, config, number, emit)
  }
  for (let number = 0; number < state.reads.length; number++) readSteps(state, config, number, emit)
  redisSteps(state, config, emit)
}

/** The age at which a lease has certainly lapsed, and beyond which nobody counts. */
const lapsed = (config: Config): number => config.lease + 1

/** `WAIT_PER_LEASE`: more than any lease can last. */
const waitsFor = ({ rules, lease }: Config): number =>
  rules.waitBeyondLease === 'no wait' ? 0 : lease + rules.waitBeyondLease

/** `Gate.assert`: what must be true in the tick in which a command is sent. */
function permits({ session, trusted, lease }: Instance, config: Config): boolean {
  if (session === 0 || !trusted) return false
  return config.rules.leaseChecked !== 'when sending' || lease < lapsed(config)
}

function timePasses(state: State, config: Config, emit: Emit): void {
  const next = clone(state)
  const oldest = lapsed(config)
  for (const instance of next.instances) {
    instance.lease = Math.min(instance.lease + 1, oldest)
    if (instance.drain !== Draining.idle) instance.since = Math.min(instance.since + 1, oldest)
  }
  for (const write of next.writes) {
    if (counts(write, config)) write.age = Math.min(write.age + 1, waitsFor(config))
  }
  emit('time passes', -1, next)
}

function counts(write: Write, config: Config): boolean {
  if (write.phase === Writing.waiting) return true
  const underway = write.phase === Writing.sent || write.phase === Writing.committed
  return underway && config.rules.waitFrom === 'commit sent'
}

function writeSteps(state: State, config: Config, number: number, emit: Emit): void {
  const write = state.writes[number]!
  const to = (step: StepName, change: (write: Write, next: State) => void): void => {
    const next = clone(state)
    change(next.writes[number]!, next)
    emit(step, number, next)
  }
  switch (write.phase) {
    case Writing.idle:
      // Writes that take turns say as much as any, and spare their permutations.
      if (number > 0 && state.writes[number - 1]!.phase === Writing.idle) return
      for (let at = 0; at < state.instances.length; at++) {
        to('write: COMMIT is sent', (next) => Object.assign(next, { phase: Writing.sent, at }))
      }
      return
    case Writing.sent:
    case Writing.orphaned:
      to('write: COMMIT happens, with its row in the log', (next, all) => {
        if (config.writes[number]) all.version++
        next.row = Row.pending
        if (write.phase === Writing.orphaned) next.phase = Writing.lost
        else Object.assign(next, { phase: Writing.committed, version: all.version })
      })
      return
    case Writing.committed:
      to('write: COMMIT returns', (next) => {
        next.phase = Writing.waiting
      })
      return
    case Writing.waiting:
      if (write.row === Row.applied) to('write: answered, its row was applied by another', answer)
      if (write.age >= waitsFor(config)) to('write: answered, the lease is waited out', answer)
  }
}

function answer(write: Write, next: State): void {
  next.floor = Math.max(next.floor, write.version)
  Object.assign(write, { phase: Writing.answered, at: NOBODY, age: 0, version: 0 })
}

/**
 * One drain at a time per instance (`DrainLoop.#run`), at any time and as often as it likes. Noting t0, taking the
 * session and selecting are one step: more time between them only makes the lease older than it could be. For the same
 * reason a drain that has nothing to delete gets its reply at once.
 */
function drainSteps(state: State, config: Config, number: number, emit: Emit): void {
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

function sessionSteps(state: State, config: Config, number: number, emit: Emit): void {
  const instance = state.instances[number]!
  if (instance.session === 0) {
    const next = clone(state)
    const made = next.instances[number]!
    made.session = state.server.epoch
    made.trusted = config.rules.trust === 'at once' ? 1 : 0
    for (const read of next.reads) {
      if (read.phase !== Reading.asked || read.at !== number) continue
      read.connected = 1
      read.epoch = made.session
    }
    emit('session: made, with a master', number, next)
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
    if (read.phase === Reading.storing) read.at = NOBODY
    else giveUp(read)
  }
  for (const write of next.writes) {
    if (write.at !== number) continue
    const phase = write.phase === Writing.sent ? Writing.orphaned : Writing.lost
    Object.assign(write, { phase, at: NOBODY, age: 0, version: 0 })
  }
}

/** The reader falls back to the database. A SET NX that is on its way stays there. */
function giveUp(read: Read): void {
  const { phase, epoch, fence, resent } = read
  over(read)
  if (phase === Reading.making || resent) Object.assign(read, { phase: Reading.late, epoch, fence })
}

function readSteps(state: State, config: Config, number: number, emit: Emit): void {
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
      if (instance!.lease < lapsed(config))
        to('read: reply arrives', (next, all) => hit(next, all, next.version))
      break
    case Reading.making:
      if (reaches) {
        to('read: SET NX and GET give the stamp', (next, all) => {
          if (all.server.stamp === 0) all.server.stamp = next.fence
          next.fence = all.server.stamp
          if (!rules.sentOnce) next.resent = 1
          observe(next, config)
        })
      }
      break
    case Reading.observed:
      to('read: loads', (next) => {
        next.phase = Reading.loaded
        next.version = state.version
      })
      state.reads.forEach((other) => {
        const flying = other.phase === Reading.loaded || other.phase === Reading.storing
        if (!flying || other.at !== read.at || rules.observe === 'after load') return
        if (rules.flightsByFence && other.fence !== read.fence) return
        to('read: joins a load under the same stamp', (next, all) => hit(next, all, other.version))
      })
      break
    case Reading.loaded:
      if (read.connected && permits(instance!, config)) {
        to('read: SET of the entry is sent', (next) => {
          next.phase = Reading.storing
        })
      }
      break
    case Reading.storing:
      if (reaches) {
        to('read: Redis stores the entry', (next, all) => {
          all.server.entryVersion = next.version
          all.server.entryStamp = next.fence
          if (next.resent) giveUp(next)
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
    if (!permits(instance, config)) return
    const asked = { at, connected: 1, epoch: instance.session, floor: state.floor, phase: Reading.asked }
    if (config.rules.observe === 'before load') {
      to('read: lookup is sent, under a lease, on a trusted session', (next) => Object.assign(next, asked))
    } else {
      to('read: loads before it observes', (next) => Object.assign(next, asked, { version: state.version }))
      to('read: lookup is sent, under a lease, on a trusted session', (next) => Object.assign(next, asked))
    }
  })
}

/** GET of entry and stamp. They need not be one command: a token that is never reused, and equal, was current between. */
function lookup(state: State, config: Config, read: Read, to: To): void {
  const { stamp, entryStamp, entryVersion } = state.server
  if (stamp === 0) {
    to('read: lookup finds no stamp, SET NX and GET are sent', (next) => {
      next.fence = config.rules.freshStamps ? freshToken(state) : 1
      next.phase = Reading.making
      if (config.rules.stampReadBack) return
      next.resent = 1
      observe(next, config)
    })
  } else if (entryStamp === stamp) {
    const after = read.floor > 0
    to(
      after ? 'read: lookup finds a hit after an answered write' : 'read: lookup finds a hit',
      (next, all) => {
        if (config.rules.leaseChecked !== 'at the reply') {
          hit(next, all, entryVersion)
          return
        }
        next.phase = Reading.replied
        next.version = entryVersion
      },
    )
  } else {
    to('read: lookup finds no entry that counts', (next) => {
      next.fence = stamp
      observe(next, config)
    })
  }
}

/** The stamp is known: now, and not before, a load may begin. */
function observe(read: Read, config: Config): void {
  read.phase = config.rules.observe === 'after load' ? Reading.loaded : Reading.observed
}

/** The invariant. */
function hit(read: Read, state: State, version: number): void {
  if (version < read.floor) state.broken = true
  if (read.resent) giveUp(read)
  else over(read)
}

function redisSteps(state: State, config: Config, emit: Emit): void {
  const { server } = state
  const to = (step: StepName, change: (next: State) => void): void => {
    const next = clone(state)
    change(next)
    emit(step, -1, next)
  }
  if (config.evictions && server.stamp !== 0) {
    to('Redis: evicts the stamp', (next) => {
      next.server.stamp = 0
    })
  }
  if (config.evictions && server.entryStamp !== 0) {
    to('Redis: evicts the entry', (next) => Object.assign(next.server, { entryVersion: 0, entryStamp: 0 }))
  }
  if (!config.crash || server.epoch === 2) return
  const { stamp, entryVersion, entryStamp } = server
  to('Redis: is copied', (next) => Object.assign(next.copy, { stamp, entryVersion, entryStamp }))
  to('Redis: comes back as its copy', (next) => {
    Object.assign(next.server, next.copy, { epoch: 2 })
    Object.assign(next.copy, { stamp: 0, entryVersion: 0, entryStamp: 0 })
  })
}
