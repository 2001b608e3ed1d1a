import { AsyncLocalStorage } from 'node:async_hooks'
import { decodeEntry } from '../../../../src/adapters/cache/entry-format.ts'
import { LeasePermit } from '../../../../src/application/consistency/lease.ts'
import {
  type CacheSession,
  type Fence,
  Permit,
} from '../../../../src/application/consistency/ports/cache-port.ts'
import type { Host } from './host.ts'

/** A client's request, for as long as anything is done for it. */
export interface Asked {
  readonly view: string
  readonly slot: number
  /** The last lookup made for it under a lease. */
  look?: Look
  write?: Write
}

/** One lookup of a read. What comes of it is known later. */
export interface Look {
  readonly asked: Asked
  /** Without a lease: what it finds can only be served with the mark. */
  readonly marked: boolean
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
interface LogLookup {
  readonly kept: boolean
  /** Rows found; undefined when no answer came. */
  rows?: readonly string[]
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
      readonly step: 'session: lost' | 'instance: killed, and started again'
      readonly slot: number
    }
  | {
      readonly step:
        | 'write: COMMIT is sent'
        | 'write: COMMIT happens, with its row in the log'
        | 'write: COMMIT returns'
        | 'write: its outcome stays unknown'
        | 'write: answered'
      readonly write: Write
    }
  | { readonly step: 'drain: t0 is noted, the session taken' | 'drain: ends'; readonly slot: number }
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
  | { readonly step: 'read: lookup is sent'; readonly looks: readonly Look[] }
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

interface Stored {
  readonly version: number
  readonly fence: Fence
}

/** What of an entry the model knows. */
export function storedIn(value: Buffer): Stored | undefined {
  const stored = decodeEntry(value)
  return stored && { version: JSON.parse(String(stored.entry.body)).version, fence: stored.fence }
}

const asking = new AsyncLocalStorage<Asked>()

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
  session: CacheSession,
  pending: Pending,
  steps: Steps,
  slot: number,
  moment: () => number,
): void {
  const lookup = session.lookup.bind(session)
  session.lookup = async (key, tags, permit) => {
    const { asked } = steps
    if (asked === undefined) return lookup(key, tags, permit)
    const look: Look = { asked, marked: !(permit instanceof LeasePermit), resolved: false }
    if (!look.marked) asked.look = look
    const found = await lookup(key, tags, new Telling(permit, () => pending.add(look, moment())))
    look.resolved = true
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
