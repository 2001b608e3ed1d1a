import { LRUCache } from 'lru-cache'
import type { Encoded } from '../../application/consistency/ports/cache-port.ts'
import type { Clock } from '../../application/consistency/ports/clock.ts'
import type { StoredEntry } from './entry-format.ts'

interface Kept {
  readonly stored: StoredEntry
  /** By the monotonic clock: a wall clock that steps back must not lengthen an entry's life. */
  readonly deadline: number
}

/** Entries in this process, least recently used out first, bounded by what they weigh in memory. */
export class EntryStore {
  readonly #kept: LRUCache<string, Kept>
  readonly #clock: Clock

  constructor(maxBytes: number, clock: Clock) {
    this.#kept = new LRUCache({ maxSize: maxBytes })
    this.#clock = clock
  }

  get(key: string): StoredEntry | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    if (this.#clock.monotonic() < kept.deadline) return kept.stored
    this.#kept.delete(key)
    return undefined
  }

  /** Whether it is kept: an entry larger than the whole store is not. */
  set(key: string, stored: StoredEntry, keepMs: number): boolean {
    if (keepMs <= 0) return false
    const { body, encoded } = stored.entry
    const entry = {
      ...stored.entry,
      body: compact(body),
      ...(encoded && { encoded: { br: compact(encoded.br), gzip: compact(encoded.gzip) } }),
    }
    const own = { ...stored, entry }
    this.#kept.set(
      key,
      { stored: own, deadline: this.#clock.monotonic() + keepMs },
      { size: sizeOf(key, own) },
    )
    return this.#kept.has(key)
  }

  /** Forgets `stored`, unless something else was stored under the key meanwhile. */
  discard(key: string, stored: StoredEntry): void {
    if (this.#kept.peek(key)?.stored === stored) this.#kept.delete(key)
  }

  clear(): void {
    this.#kept.clear()
  }

  get size(): number {
    return this.#kept.size
  }

  get bytes(): number {
    return this.#kept.calculatedSize
  }
}

/** What comes from a socket or a pool is a slice that would keep its whole chunk (64 kB) alive. */
function compact(body: Buffer): Buffer {
  if (body.byteLength === body.buffer.byteLength) return body
  const own = Buffer.allocUnsafeSlow(body.byteLength)
  body.copy(own)
  return own
}

/** Objects, map slots and the array buffer behind an entry, in bytes; measured on Node 26 with 64-byte bodies. */
const OVERHEAD = 800

function sizeOf(key: string, { entry, fence }: StoredEntry): number {
  let text = key.length + entry.etag.length + entry.visibleTo.length
  for (const stamp of fence) text += stamp.length + 16
  return OVERHEAD + entry.body.byteLength + sizeOfEncoded(entry.encoded) + 2 * text
}

/** Of two more buffers, in bytes, measured likewise. */
const OVERHEAD_OF_ENCODED = 450

function sizeOfEncoded(encoded: Encoded | undefined): number {
  return encoded === undefined ? 0 : OVERHEAD_OF_ENCODED + encoded.br.byteLength + encoded.gzip.byteLength
}
