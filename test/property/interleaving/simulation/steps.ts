import { AsyncLocalStorage } from 'node:async_hooks'
import { decodeEntry, type StoredEntry } from '../../../../src/adapters/cache/entry-format.ts'
import type { EntryStore } from '../../../../src/adapters/cache/entry-store.ts'
import type { RedisSession } from '../../../../src/adapters/cache/redis-session.ts'
import { Drain } from '../../../../src/application/consistency/drain.ts'
import { Lease } from '../../../../src/application/consistency/lease.ts'
import {
  type CachePort,
  type CacheSession,
  type Entry,
  type Fence,
  Permit,
} from '../../../../src/application/consistency/ports/cache-port.ts'
import type { Holder } from '../../../../src/application/consistency/ports/invalidation-log.ts'
import type { Host } from './host.ts'

/** A client's request, for as long as anything is done for it. */
export interface Asked {
  readonly view: string
  readonly slot: number
  /** The last lookup made for it under a lease. */
  look?: Look
  /** The last lookup made for it in memory. */
  front?: Look
  /** The last answer of Redis to it, which its lookup may not be content with. */
  seen?: Look
  write?: Write
  /** It was answered without the cache, with this version. */
  past?: { readonly version: number }
}

/** One lookup of a read. What comes of it is known later. */
export interface Look {
  readonly asked: Asked
  /** Without a lease: what it finds can only be served with the mark. */
  readonly marked: boolean
  /** The lookup in memory in front of it. */
  readonly front?: Look | undefined
  /** What L1 had for it, so that Redis was asked for stamps alone. */
  readonly inL1?: Stored
  /** The version of what it found in Redis, and that was kept in L1. */
  promoted?: number
  /** It was answered from the cache, with this version. */
  served?: number
  /** A load began under the stamps that it found; and the version that it brought. */
  load?: { version?: number }
  /** Its reply reached the reader in time. */
  resolved: boolean
}

/** One whose COMMIT was sent. */
export interface Write {
  readonly view: string
  readonly slot: number
  readonly version: number
  readonly tags: readonly string[]
  readonly row: string
}

/** Commands that are sent together. */
export interface Sent {
  /** Whether the client has got all replies, and none was an error. */
  ok: boolean
}

/** One invalidation. */
interface Deletion {
  /** Whether its drain has learned that it is done. */
  confirmed: boolean
}

/** A look at the log. */
export interface LogLookup {
  readonly kept: boolean
  /** Of a drain within another. */
  readonly within: boolean
  /** Whether the position from which on it looks is of the connection that there is. */
  readonly known: boolean
  /** Rows found; undefined when no answer came. */
  rows?: readonly string[]
  missed?: boolean
  holders?: readonly Holder[]
}

/** A connection. */
export interface Made {
  readonly step: 'session: made, with a master'
  readonly slot: number
  /** Whether the instance came to use it. */
  accepted: boolean
}

/**
 * Something happened that the model has a step for. Where it is as in the model it has that step's name; what the steps
 * of the model are made of is told by `paths/abstraction.ts`. Keys are Redis's, rows are ids of the log.
 */
export type What =
  | Made
  | {
      readonly step:
        | 'session: lost'
        | 'log: an instance’s connection is lost'
        | 'instance: killed, and started again'
        | 'memory: emptied'
      readonly slot: number
    }
  | {
      readonly step: 'holder: registers'
      readonly slot: number
      readonly id: string
      readonly before: string | undefined
      /** Whether it learned of it. */
      learned: boolean
    }
  | {
      readonly step: 'registry: rows are deleted'
      readonly slot: number
      readonly ids: readonly string[]
    }
  | { readonly step: 'registry: rows are retired'; readonly ids: readonly string[] }
  | { readonly step: 'drain: it is acknowledged'; readonly slot: number; readonly holder: string }
  | {
      readonly step: 'drain: looks at what is left undone'
      readonly slot: number
      readonly within: boolean
      readonly found: { holders?: readonly Holder[] }
    }
  | {
      readonly step: 'drain: the stamps in memory are deleted'
      readonly slot: number
      readonly tags: readonly string[]
    }
  | { readonly step: 'PostgreSQL: crashes, and gives numbers out again' | 'log: applied rows are swept' }
  | {
      readonly step:
        | 'write: COMMIT is sent'
        | 'write: COMMIT happens, with its row in the log'
        | 'write: COMMIT returns'
        | 'write: its outcome stays unknown'
        | 'write: answered'
      readonly write: Write
    }
  | {
      readonly step: 'drain: t0 is noted, the session taken' | 'drain: ends'
      readonly slot: number
      /** Of the shared cache, within a drain of the memory in front of it. */
      readonly within: boolean
    }
  | { readonly step: 'drain: Redis has not confirmed in time, and is bypassed'; readonly slot: number }
  | { readonly step: 'drain: looks at the log'; readonly slot: number; readonly found: LogLookup }
  | {
      readonly step: 'drain: a stamp is deleted'
      readonly slot: number
      readonly key: string
      readonly deletion: Deletion
    }
  | {
      readonly step: 'drain: the master is verified'
      readonly slot: number
      readonly keys: readonly string[]
      readonly deletion: Deletion
    }
  | { readonly step: 'drain: DEL is confirmed, the session trusted'; readonly slot: number }
  | {
      readonly step: 'drain: a mark is sent' | 'drain: a row is marked'
      readonly slot: number
      readonly rows: readonly string[]
    }
  | { readonly step: 'read: begins'; readonly asked: Asked }
  | { readonly step: 'read: lookup is sent'; readonly looks: readonly Look[] }
  | {
      readonly step: 'read: lookup in memory'
      readonly look: Look
      /** The stamps there. */
      fence: Fence
    }
  | {
      readonly step: 'read: the entry is kept in memory' | 'read: what Redis had is kept in memory'
      readonly look: Look | undefined
      readonly stored: Stored
    }
  | { readonly step: 'read: an entry in L1 is looked at'; readonly look: Look; readonly stored: Stored }
  | {
      readonly step: 'read: what Redis had is kept in L1' | 'read: the entry is kept in L1'
      readonly look: Look | undefined
      readonly stored: Stored
    }
  | {
      readonly step: 'read: GET' | 'read: GET after SET NX'
      readonly key: string
      readonly value: Buffer | null
      readonly looks: readonly Look[]
      readonly sent: Sent
    }
  | {
      readonly step: 'read: SET NX'
      readonly key: string
      readonly token: string
      /** Whether there was no stamp yet. */
      readonly made: boolean
      readonly looks: readonly Look[]
    }
  | {
      readonly step: 'read: loads'
      readonly look: Look
      readonly version: number
      readonly sent: Sent
    }
  | {
      readonly step: 'read: answered by a load'
      readonly asked: Asked
      readonly version: number
    }
  | { readonly step: 'read: answered from the cache'; readonly asked: Asked }
  | {
      /** For whom else, is known by who was answered. */
      readonly step: 'read: loads without the cache'
      readonly asked: Asked
      readonly version: number
    }
  | { readonly step: 'read: answered without the cache'; readonly asked: Asked }
  | {
      readonly step: 'read: SET of the entry is sent' | 'read: Redis stores the entry'
      readonly look: Look | undefined
      readonly key: string
      readonly stored: Stored | undefined
    }
  | { readonly step: 'Redis: loses a key'; readonly key: string }
  | { readonly step: 'Redis: is copied' | 'Redis: loses everything' }
  | { readonly step: 'Redis: comes back'; readonly with: 'a copy' | 'what it had' }

/** `time`: true, in ms. */
export type Step = What & { readonly time: number }

/** What the model knows of an entry that is kept. */
export interface Stored {
  readonly version: number
  readonly fence: Fence
}

/** What of an entry the model knows. */
export function storedIn(value: Buffer): Stored | undefined {
  const stored = decodeEntry(value)
  return stored && known(stored)
}

const known = ({ entry, fence }: StoredEntry): Stored => ({ version: versionIn(entry), fence })

const versionIn = ({ body }: Entry): number => JSON.parse(String(body)).version

const asking = new AsyncLocalStorage<Asked>()

/** A drain that is under way. */
interface Draining {
  readonly slot: number
  readonly within: boolean
  /** Whether it has told of its t0: in the tick in which it asks PostgreSQL first. */
  began: boolean
  over: boolean
}

const booted = new AsyncLocalStorage<{ readonly steps: Steps; readonly slot: number }>()
const draining = new AsyncLocalStorage<Draining>()

const { run } = Drain.prototype
Drain.prototype.run = function (request) {
  const at = booted.getStore()
  if (at === undefined) return run.call(this, request)
  const within = request?.within === true
  const drain: Draining = { slot: at.slot, within, began: false, over: false }
  return draining.run(drain, () => {
    const outcome = run.call(this, request)
    void outcome.then(() => {
      drain.over = true
      if (drain.began) at.steps.note({ step: 'drain: ends', slot: drain.slot, within })
    })
    return outcome
  })
}

const { end } = Lease.prototype
Lease.prototype.end = function () {
  const [at, drain] = [booted.getStore(), draining.getStore()]
  if (at !== undefined && drain !== undefined)
    at.steps.note({ step: 'drain: Redis has not confirmed in time, and is bypassed', slot: drain.slot })
  end.call(this)
}

/** Everything that happens in one schedule and that the model has a step for, in its order. */
export class Steps {
  readonly all: Step[] = []
  /** True time, in ms. */
  now: () => number = () => 0

  note<T extends What>(what: T): T {
    // Objects are kept as they are: some learn later what came of them.
    const step = Object.assign(what, { time: this.now() })
    this.all.push(step)
    return step
  }

  /** Whatever `work` does, now and later, is for that request. */
  for<T>(asked: Asked, work: () => T): T {
    return asking.run(asked, work)
  }

  /** Whatever an instance does of its own accord. */
  boot<T>(slot: number, work: () => T): T {
    return booted.run({ steps: this, slot }, work)
  }

  /** The drain that the present work is for. */
  get drain(): Draining | undefined {
    return draining.getStore()
  }

  /** The same, which has noted its t0 by now. */
  begunDrain(): Draining | undefined {
    const { drain } = this
    if (drain !== undefined && !drain.began) {
      drain.began = true
      const { slot, within } = drain
      this.note({ step: 'drain: t0 is noted, the session taken', slot, within })
    }
    return drain
  }

  /** Whom the present work is for. */
  get asked(): Asked | undefined {
    return asking.getStore()
  }
}

/** Which process of an instance it is does not matter. */
export function slotOf({ name }: Host): number {
  return Number.parseInt(name.slice(1), 10)
}

/** What is asked of a session at this moment, and will be in the commands that it sends. */
export class Pending {
  looks: Look[] = []
  deletion: Deletion | undefined
  #moment = -1

  /** Reads are asked about in the step in which they are sent, or not sent at all. */
  add(look: Look, moment: number): void {
    if (moment !== this.#moment) this.looks = []
    this.#moment = moment
    this.looks.push(look)
  }

  taken(moment: number): readonly Look[] {
    const { looks } = this
    this.looks = []
    return moment === this.#moment ? looks : []
  }
}

/** Lets a session tell what it is asked, and what came of it. `moment`: how many steps there were. */
export function follow(
  session: RedisSession,
  pending: Pending,
  steps: Steps,
  slot: number,
  moment: () => number,
  l1: EntryStore | undefined,
): void {
  const observe = session.observe.bind(session)
  session.observe = async (key, tags, permit, whom, what) => {
    const { asked } = steps
    if (asked === undefined) return observe(key, tags, permit, whom, what)
    const marked = permit.unverified === true
    const stored = what === 'stamps' ? l1?.get(key) : undefined
    const look: Look = {
      asked,
      marked,
      resolved: false,
      front: asked.front,
      ...(stored && { inL1: known(stored) }),
    }
    if (look.inL1 !== undefined)
      steps.note({ step: 'read: an entry in L1 is looked at', look, stored: look.inL1 })
    const found = await observe(key, tags, new Telling(permit, () => pending.add(look, moment())), whom, what)
    look.resolved = true
    asked.seen = look
    return found
  }
  const invalidate = session.invalidate.bind(session)
  session.invalidate = async (tags) => {
    const deletion: Deletion = { confirmed: false }
    pending.deletion = deletion
    await invalidate(tags)
    deletion.confirmed = true
    steps.note({ step: 'drain: DEL is confirmed, the session trusted', slot })
  }
}

/** Lets the session that readers have tell which answer of Redis they go on with: this one's, or that of one below it. */
export function followLookups(session: CacheSession, steps: Steps): void {
  const lookup = session.lookup.bind(session)
  session.lookup = async (key, tags, permit) => {
    const found = await lookup(key, tags, permit)
    const { asked } = steps
    // One that fails while another instance's load is waited for leaves the read with the one before.
    if (asked?.seen !== undefined && !asked.seen.marked) asked.look = asked.seen
    return found
  }
}

/** Lets an L1 tell what is kept in it: what Redis had, or, by each session that is given to what it returns, what was loaded. */
export function followL1(l1: EntryStore, steps: Steps): (session: CacheSession) => void {
  const set = l1.set.bind(l1)
  let loaded = false
  l1.set = (key, stored, keepMs) => {
    const { look, seen } = steps.asked ?? {}
    const what = known(stored)
    if (loaded) steps.note({ step: 'read: the entry is kept in L1', look, stored: what })
    else if (seen !== undefined) {
      seen.promoted = what.version
      steps.note({ step: 'read: what Redis had is kept in L1', look: seen, stored: what })
    }
    return set(key, stored, keepMs)
  }
  return (session) => {
    const store = session.store.bind(session)
    session.store = (...given) => {
      loaded = true
      const storing = store(...given)
      loaded = false
      return storing
    }
  }
}

/** Lets a cache in memory tell what is done with what it has. */
export function followMemory(cache: CachePort, steps: Steps, slot: number): CachePort {
  const followed = new WeakSet<CacheSession>()
  const give = cache.session.bind(cache)
  cache.session = () => {
    const session = give()
    if (session !== undefined && !followed.has(session)) {
      followed.add(session)
      followStamps(session, steps, slot, () => give() === session)
    }
    return session
  }
  const reset = cache.reset.bind(cache)
  cache.reset = () => {
    reset()
    steps.note({ step: 'memory: emptied', slot })
  }
  return cache
}

/** `isOn`: whether the session is the one that there is. */
function followStamps(session: CacheSession, steps: Steps, slot: number, isOn: () => boolean): void {
  const lookup = session.lookup.bind(session)
  session.lookup = async (key, tags, permit) => {
    const { asked } = steps
    if (asked === undefined) return lookup(key, tags, permit)
    const look: Look = { asked, marked: permit.unverified === true, resolved: false }
    if (!look.marked) asked.front = look
    const told = { step: 'read: lookup in memory' as const, look, fence: [] as Fence }
    const found = await lookup(key, tags, new Telling(permit, () => steps.note(told)))
    told.fence = found.fence
    look.resolved = true
    if (!look.marked) asked.look = look
    return found
  }
  const store = session.store.bind(session)
  session.store = (key, tags, entry, fence, keepMs) => {
    const { look, seen } = steps.asked ?? {}
    const stored = { version: versionIn(entry), fence }
    if (isOn() && look !== undefined && look === seen && look.load === undefined) {
      look.promoted = stored.version
      steps.note({ step: 'read: what Redis had is kept in memory', look, stored })
    } else if (isOn()) steps.note({ step: 'read: the entry is kept in memory', look, stored })
    return store(key, tags, entry, fence, keepMs)
  }
  const invalidate = session.invalidate.bind(session)
  session.invalidate = (tags) => {
    steps.note({ step: 'drain: the stamps in memory are deleted', slot, tags })
    return invalidate(tags)
  }
}

/** A permit that tells when it is given. */
class Telling extends Permit {
  readonly #permit: Permit
  readonly #tell: () => void

  constructor(permit: Permit, tell: () => void) {
    super()
    this.#permit = permit
    this.#tell = tell
  }

  assert(session: CacheSession): void {
    this.#permit.assert(session)
    this.#tell()
  }
}
