import { CacheUnusable } from '../../application/consistency/ports/cache-port.ts'

/** The server answered, and said no. `code` is the first word of what it said: `OOM`, `READONLY`, `MOVED`… */
export class RedisRefusal extends Error {
  override readonly name = 'RedisRefusal'
  readonly code: string

  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.code = message.split(' ', 1)[0] ?? ''
  }
}

export interface StampsMade {
  /** In the tokens' order. Null where there is none even so: the server is full, or evicted it at once. */
  readonly stamps: readonly (Buffer | null)[]
  /** The leases that another instance has. One that a full server refuses is not among them. */
  readonly taken: ReadonlySet<string>
}

/** How long a fill lease holds, in ms: what an instance that dies while it loads costs the readers of that entry. */
export const FILL_LEASE_MS = 500

/**
 * What the fence needs of Redis, over connections that are never replaced: one to a standalone server, or one to each
 * master of a cluster. Every command is sent in the tick of the call, at most once.
 *
 * Every method rejects with CacheUnusable `unreachable` when a connection fails, and with RedisRefusal when a server
 * refuses. None has a deadline of its own.
 */
export abstract class RedisCommands {
  /** Values in the keys' order. Rejects unless the server still was a master when it answered. One round trip. */
  abstract read(keys: readonly string[]): Promise<readonly (Buffer | null)[]>

  /**
   * Makes each stamp that is missing (`SET NX`) and reads all of them back; and takes the fill leases of these names,
   * where no other instance has them. In one round trip.
   */
  abstract makeStamps(tokens: ReadonlyMap<string, string>, leases: Iterable<string>): Promise<StampsMade>

  abstract set(key: string, value: Buffer, keepMs: number): Promise<void>

  /**
   * Resolves when every key is deleted and, after that, every server still was the master it was when it was opened.
   * Without keys a server that stands alone is asked to delete `absent`, which is never there: a master that was cut off
   * from its replicas answers reads as ever, and shows only by refusing writes (`min-replicas-to-write`) that another may
   * have taken its place. A node of a cluster that was cut off refuses reads as well.
   */
  abstract deleteAndVerify(keys: readonly string[], absent: string): Promise<void>

  /** Resolves once a connection is gone, or no longer leads to the master it was opened to. Never rejects. */
  abstract readonly ended: Promise<void>
  abstract readonly alive: boolean
  abstract close(): void
}

/** A server that refuses to do its work is as good as none. Any other error stays what it is. */
export function unusable(error: unknown): unknown {
  return error instanceof RedisRefusal ? new CacheUnusable('unreachable', error) : error
}
