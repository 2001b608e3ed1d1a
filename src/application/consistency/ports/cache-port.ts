/** The stamps a reader observed, one per tag, in the tags' order. Opaque; equal only to themselves. */
export type Fence = readonly string[]

/** A body in the content codings that clients ask for (RFC 9110, 8.4.1), by their names. */
export interface Encoded {
  readonly br: Buffer
  readonly gzip: Buffer
}

/** A representation as it is cached and sent: made once, when it is filled. */
export interface Entry {
  /** JSON text in UTF-8. Empty for a negative entry (what was asked for does not exist). */
  readonly body: Buffer
  /** Absent where it would gain little. A cache that does not keep it costs clients bytes, and nothing else. */
  readonly encoded?: Encoded
  /** Strong entity tag with its quotes; empty for a negative entry. */
  readonly etag: string
  /** The only account that may see it; empty when anyone may. */
  readonly visibleTo: string
  /** When it was loaded, in ms since the epoch: what `Age` counts from. */
  readonly loadedAt: number
  /** When it stops being fresh, in ms since the epoch by the clock of the instance that stored it. */
  readonly expiresAt: number
  /** How long its load took, in ms: what early refresh weighs. */
  readonly loadMs: number
}

export interface Lookup {
  /** Present only when the entry's stamps equal the tags' stamps now. May be past `expiresAt`. */
  readonly entry?: Entry
  /** Where the entry was found. */
  readonly tier?: 'l1' | 'l2'
  /** The tags' stamps, all asked for after this lookup began. A load may start once they are known. */
  readonly fence: Fence
  /** Without a fresh entry, where instances load one for all: the lease to do so, or that another has it. */
  readonly fillLease?: FillLease | 'taken'
}

/**
 * Which instance is to load an entry that none has, while the others look again. It saves loads, and is no part of the
 * protocol: two may have it, or none; it may be lost, or end early; a load without it is as right.
 */
export interface FillLease {
  /** Nothing came of the load: another reader may try. Returns at once. */
  giveBack(): void
}

/** Of what a lookup brought that nothing is loaded after. */
export function giveBack({ fillLease }: { readonly fillLease?: Lookup['fillLease'] | undefined }): void {
  if (fillLease !== 'taken') fillLease?.giveBack()
}

/** Whether the cache may still be used. Asked again by an adapter that does not send at once. */
export abstract class Permit {
  /** For a session of the shared cache behind a near one, which has a lease of its own. */
  behind?: Permit
  /** What is found can only be served marked as unverified, and so is not kept for reads to come. */
  unverified?: true
  /** @throws CacheUnusable when the lease has lapsed, or the session is not trusted. */
  abstract assert(session: CacheSession): void
}

/** Why a read could not use the cache. `reason` is what `Cache-Status` tells. */
export class CacheUnusable extends Error {
  override readonly name = 'CacheUnusable'
  readonly reason: 'no-cache' | 'no-lease' | 'unreachable' | 'timeout' | 'breaker-open'

  constructor(reason: CacheUnusable['reason'], cause?: unknown) {
    super(`The cache cannot be used: ${reason}`, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/**
 * One connection to the cache. Commands go over it or fail; none is sent twice, none is moved to another session.
 * Every method may throw CacheUnusable; none waits longer than the adapter's deadline.
 */
export abstract class CacheSession {
  /**
   * Reads an entry and the stamps of its tags. A missing stamp is made and *read back*: the fence holds the stamps read.
   * An adapter that batches calls `permit.assert(this)` in the tick that sends, and sends after the call.
   */
  abstract lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup>

  /**
   * Keeps an entry for `keepMs`, bound to stamps observed before its load began. Resolves with whether it is kept: a cache
   * that is full, or too small for it, may refuse.
   */
  abstract store(
    key: string,
    tags: readonly string[],
    entry: Entry,
    fence: Fence,
    keepMs: number,
  ): Promise<boolean>

  /**
   * Deletes the stamps of the tags. Resolves only when every delete is confirmed and this session still talks to the
   * master(s) it was opened to, which would still take a write — also with no tags at all. A timeout is not a
   * confirmation: it throws.
   */
  abstract invalidate(tags: readonly string[]): Promise<void>

  /** What is stored now, without making stamps: for operators. */
  abstract inspect(key: string, tags: readonly string[]): Promise<Inspection>
}

export interface Inspection {
  /** The stamp of each tag; undefined where there is none. */
  readonly stamps: readonly (string | undefined)[]
  /** What is stored under the key per tier, and the stamps it was stored with. */
  readonly entries: readonly { readonly tier: 'l1' | 'l2'; readonly entry: Entry; readonly fence: Fence }[]
}

/**
 * A cache that Marketflow can run on. Its contract is executable: `test/contract/cache-contract.ts`.
 * `shared`: one copy that every instance sees; `private`: each instance its own; `none`: nothing is kept.
 */
export abstract class CachePort {
  abstract readonly reach: 'shared' | 'private' | 'none'
  /** How it is called in logs, metrics and `/readyz`. */
  abstract readonly name: string
  /**
   * Of a shared cache: which one it is, in words that are equal for two instances exactly where each sees the other's
   * entries and deletes the other's stamps. Instances of one database with different ones do not start beside each
   * other. Not the server's address, if instances may reach one server in different ways. Others: their name will do.
   */
  abstract readonly identity: string
  /** The shared cache that a private one stands in front of. */
  readonly behind?: CachePort
  /**
   * The session to use now; undefined while there is none. A shared cache gives a session out only after the server
   * has answered that it is a master. A new object is a new session: it is not trusted until it has been replayed.
   */
  abstract session(): CacheSession | undefined
  /**
   * Gives the present session up: from now on `session()` is undefined or a new object. A private cache starts empty,
   * without any stamp of before; a shared one opens a new connection.
   */
  abstract reset(): void
  /** Counters and states for `/readyz` and `/metrics`. */
  abstract health(): CacheHealth
  abstract close(): Promise<void>
}

export interface CacheHealth {
  readonly connected: boolean
  readonly breaker: 'closed' | 'open' | 'half-open' | 'none'
  /** In-process entries and their size in bytes, where the cache has any. */
  readonly entries: number
  readonly bytes: number
  /** Why reads bypass it. */
  readonly problem?: CacheProblem
}

export interface CacheProblem {
  /** A word that may be shown to anybody: `MISCONF`, `ECONNREFUSED`, `timeout`. */
  readonly code: string
  /** In the words of the server or its connection, for operators. Without secrets. */
  readonly message: string
}

/** What an error says of the cache: the outermost of its causes that has a code, or else the innermost. */
export function problemOf(error: unknown): CacheProblem {
  let told = error
  while (told instanceof Error && !('code' in told) && told.cause instanceof Error) told = told.cause
  if (!(told instanceof Error)) return { code: 'unknown', message: String(told) }
  const { code, reason } = told as { readonly code?: unknown; readonly reason?: unknown }
  return { code: String(code ?? reason ?? told.name), message: told.message || told.name }
}

/** The whole rule of the fence: an entry may be served only while its stamps are its tags' stamps. */
export function sameFence(stored: Fence, current: readonly (string | undefined)[]): boolean {
  if (stored.length !== current.length) return false
  for (let i = 0; i < stored.length; i++) if (stored[i] !== current[i]) return false
  return true
}
