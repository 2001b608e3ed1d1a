/**
 * A state of the model: everything that one step may depend on. Times are ages in ticks, capped where they no longer
 * matter, so that the state space is finite without any bound on how long a run may take.
 */
export interface State {
  /** The row that the cached view shows: how many of the writes that cover it have committed. */
  version: number
  /** The greatest version of any answered write: what a read that begins now must at least return. */
  floor: number
  kills: number
  databaseCrashes: number
  broken: boolean
  /** Broken variants only: a stamp that is made again after it was lost. */
  recurring: number
  /** Of each instance, a number for its kind: instances of other kinds do not change places. Never changes. */
  kinds: readonly number[]
  writes: Write[]
  server: Server
  /** What the server comes back with: its last dump, or a replica that lags. */
  copy: Data
  instances: Instance[]
  /** The registry, where some instance keeps entries in memory. */
  registry: HolderRow[]
  reads: Read[]
}

/** Tokens are numbers that are only ever compared; 0 is none. */
export interface Data {
  stamp: number
  /** The one entry: its version, and the stamp it was stored with; 0 where there is none. */
  entryVersion: number
  entryStamp: number
}

interface Server extends Data {
  /** 1 before the crash, 2 after it. */
  epoch: number
}

export const Writing = {
  idle: 0,
  /** COMMIT is on its way. */
  sent: 1,
  /** It has happened; its reply is on the way. */
  committed: 2,
  /** COMMIT returned; no client has been answered. */
  waiting: 3,
  answered: 4,
  /** Its instance died. */
  lost: 5,
  /** Its instance died, and the COMMIT may still arrive. */
  orphaned: 6,
} as const

/** `marking`: still pending, and a mark is on its way; `swept`: it was applied. Only where steps are fine. */
export const Row = { none: 0, pending: 1, applied: 2, marking: 3, swept: 4 } as const

export interface Write {
  phase: number
  /** The instance it runs on. */
  at: number
  /** Ticks since COMMIT returned. */
  age: number
  /** The version it must be read with, once it is answered. */
  version: number
  /** Its row in the log. */
  row: number
  /** Whether a drain of its instance's own has said who holds. */
  listed: number
  /** The rows of the registry that it waits for, a bit per row, and `LEASE_ONLY`. */
  list: number
  /** Those that have acknowledged a snapshot that sees it. */
  acked: number
  /** Whether a drain of its instance's own has deleted its stamps in Redis. */
  confirmed: number
}

/** In a write's list: one whose acknowledgement cannot come any more. Above the bits of the registry's rows. */
export const LEASE_ONLY = 1 << 30
export const NO_ROW = 31

export const Registered = { none: 0, active: 1, retired: 2 } as const

interface HolderRow {
  registered: number
  /** Ticks since it was retired. */
  age: number
  /** The instance for whose lease it stands, known to it or not; only where steps are fine. */
  of: number
}

export const noRow = (): HolderRow => ({ registered: Registered.none, age: 0, of: NO_INSTANCE })

export const Draining = {
  idle: 0,
  /** The rows are known, DEL is not sent; only a variant stops here. */
  selected: 1,
  /** DEL is on its way. */
  asked: 2,
  /** DEL has been executed; its reply is on the way. */
  executed: 3,
  /** DEL is confirmed; the rows are not marked yet. */
  confirmed: 4,
  /** The rows are known, and only the stamps in memory are left to delete: Redis is not asked, or does not answer. */
  memory: 5,
  /** Of a walk (`walk.ts`): t0 is noted, the session taken. */
  begun: 6,
  /** The pending rows have been looked at. */
  walking: 7,
} as const

export interface Instance {
  /** The epoch of the server that its session leads to; 0 without one. */
  session: number
  /** Whether that session has been replayed. */
  trusted: number
  /** Ticks since the lease's t0. */
  lease: number
  drain: number
  /** Ticks since the drain's t0. */
  since: number
  /** Whether a selected row has the view's tag. */
  deletes: number
  /** The pending rows selected, a bit per write. */
  selected: number
  /** The writes of this instance that may rely on this drain: their COMMIT had returned when it began. */
  confirms: number
  /** Of an instance that keeps entries in memory: its row of the registry. */
  row: number
  /** Whether that row is of the connection to PostgreSQL that it has now. */
  connected: number
  /** Ticks since its lease as a holder began; `lease` is then that of Redis alone. */
  held: number
  /** The entry in memory, whose stamp is current: its version + 1, or 0. In an L1, whether or not it is. */
  kept: number
  /** The stamp in memory, a token; 0 is none. Where steps are not fine, it is always the same. Of an L1: the entry's. */
  stamp: number
  /** The writes whose rows its memory has applied, or of `behind` those whose stamps it has deleted; a bit per write. */
  seen: number
  /** Of the drain: whether it found its row. */
  entitled: number
  /** Of the drain: the writes that its acknowledgement stands for. */
  covers: number
  /** Of the drain: whether the connection that it looked at the log over is still there; only where steps are fine. */
  knows: number
  /** Of a walk: whether the session that it took is still there. */
  linked: number
  /** Whether a DEL of it has been executed, whose reply is on the way. */
  deleting: number
  /** The writes whose stamps that DEL deletes. */
  deleted: number
  /** Those whose stamps are known to be gone since this walk looked. */
  done: number
  /** Of the replay of its session, or the catching up of `front`: whether it looked, what it found, and what of that is done. */
  replaying: number
  toReplay: number
  replayed: number
}

export const Reading = {
  idle: 0,
  /** The lookup is on its way. */
  asked: 1,
  /** Only the variant that looks at the lease last stops here. */
  replied: 2,
  /** There was no stamp: SET NX and GET are on their way. */
  making: 3,
  /** A miss; the stamp is known. */
  observed: 4,
  loaded: 5,
  /** SET of the entry is on its way, for as long as it likes. */
  storing: 6,
  over: 7,
  /** The reader is gone; its SET NX may still arrive. */
  late: 8,
  /** GET of the stamp has been executed, GET of the entry not yet. */
  stamped: 9,
  /** SET NX has been executed, GET of the stamp not yet. */
  made: 10,
  /** The entry is in Redis; the reply is on the way, and its flight may be joined. */
  stored: 11,
  /** Without the cache. */
  past: 12,
  /** An entry in L1 was looked at; its stamp is not asked for yet. */
  looked: 13,
  /** Redis had it. What it brought may be kept in L1, or in memory, also when the session has ended meanwhile. */
  found: 14,
} as const

export interface Read {
  phase: number
  at: number
  /** Whether the instance still has the session that the read began on. */
  connected: number
  /** Where its commands go. */
  epoch: number
  /** The version that it must at least return. */
  floor: number
  /** The stamp observed; while making, the token sent. */
  fence: number
  /** What L1 had when the read began, and under which stamp; 0 where that is nothing. */
  entryVersion: number
  entryStamp: number
  version: number
  /** Broken variants only: a SET NX of `fence` that may still arrive. */
  resent: number
  /** The stamp in memory that it observed; 0 without one, and where steps are not fine, when it is no longer current. */
  current: number
}

export const NO_INSTANCE = 7

export const over = (read: Read): void => {
  Object.assign(read, nothingRead(), { phase: Reading.over })
}

export const nothingRead = (): Read => ({
  phase: Reading.idle,
  at: NO_INSTANCE,
  connected: 0,
  epoch: 0,
  floor: 0,
  fence: 0,
  entryVersion: 0,
  entryStamp: 0,
  version: 0,
  resent: 0,
  current: 0,
})

export function endDrain(instance: Instance): void {
  instance.drain = Draining.idle
  instance.since = 0
  instance.deletes = 0
  instance.selected = 0
  instance.confirms = 0
  instance.entitled = 0
  instance.covers = 0
  instance.knows = 0
  instance.linked = 0
  instance.deleting = 0
  instance.deleted = 0
  instance.done = 0
}

/** What a session that is new, or gone, has been replayed of. */
export function endReplay(instance: Instance): void {
  instance.replaying = 0
  instance.toReplay = 0
  instance.replayed = 0
}

/** Field by field: it is what the search spends its time on. */
export function clone(state: State): State {
  const { version, floor, kills, databaseCrashes, broken, recurring, kinds, server, copy } = state
  return {
    version,
    floor,
    kills,
    databaseCrashes,
    broken,
    recurring,
    kinds,
    writes: state.writes.map((from) => ({
      phase: from.phase,
      at: from.at,
      age: from.age,
      version: from.version,
      row: from.row,
      listed: from.listed,
      list: from.list,
      acked: from.acked,
      confirmed: from.confirmed,
    })),
    server: {
      epoch: server.epoch,
      stamp: server.stamp,
      entryVersion: server.entryVersion,
      entryStamp: server.entryStamp,
    },
    copy: { stamp: copy.stamp, entryVersion: copy.entryVersion, entryStamp: copy.entryStamp },
    instances: state.instances.map((from) => ({
      session: from.session,
      trusted: from.trusted,
      lease: from.lease,
      drain: from.drain,
      since: from.since,
      deletes: from.deletes,
      selected: from.selected,
      confirms: from.confirms,
      row: from.row,
      connected: from.connected,
      held: from.held,
      kept: from.kept,
      stamp: from.stamp,
      seen: from.seen,
      entitled: from.entitled,
      covers: from.covers,
      knows: from.knows,
      linked: from.linked,
      deleting: from.deleting,
      deleted: from.deleted,
      done: from.done,
      replaying: from.replaying,
      toReplay: from.toReplay,
      replayed: from.replayed,
    })),
    registry: state.registry.map(({ registered, age, of }) => ({ registered, age, of })),
    reads: state.reads.map((from) => ({
      phase: from.phase,
      at: from.at,
      connected: from.connected,
      epoch: from.epoch,
      floor: from.floor,
      fence: from.fence,
      entryVersion: from.entryVersion,
      entryStamp: from.entryStamp,
      version: from.version,
      resent: from.resent,
      current: from.current,
    })),
  }
}

/** A token that occurs nowhere in the state; what occurs nowhere can never be compared with anything. */
export function freshToken(state: State): number {
  const used = new Set([state.server.stamp, state.server.entryStamp, state.copy.stamp, state.copy.entryStamp])
  for (const read of state.reads) used.add(read.fence).add(read.entryStamp).add(read.current)
  for (const { stamp } of state.instances) used.add(stamp)
  let token = 1
  while (used.has(token)) token++
  return token
}
