import { hash } from 'node:crypto'
import type { Fence } from '../../application/consistency/ports/cache-port.ts'

/** What Marketflow's keys are called in Redis: readable, under one prefix, entries, stamps and fill leases never meeting. */
export class Keyspace {
  readonly #entryPrefix: string
  readonly #stampPrefix: string

  /**
   * `release`: letters and digits that tell what entries look like. Those of other releases are not seen; stamps are
   * everybody's, since a write of one release must end the entries of all.
   */
  constructor(prefix: string, release = '') {
    this.#entryPrefix = release === '' ? prefix : `${prefix}${release}:`
    this.#stampPrefix = `${prefix}${STAMP}`
  }

  /** `market:{id}:detail` stays as it is. A key that would look like a stamp, or like an escaped key, is escaped. */
  entry(key: string): string {
    const looksTaken = OTHERS.some((other) => key.startsWith(other))
    return looksTaken ? `${this.#entryPrefix}${ENTRY}${key}` : this.#entryPrefix + key
  }

  /** The name of a key that is never there: no tag is empty. */
  get absent(): string {
    return this.#stampPrefix
  }

  stamp(tag: string): string {
    return this.#stampPrefix + tag
  }

  /**
   * Of the lease to load what is stored under this key with these stamps: an invalidation leaves it to loads from before.
   * The braces put it into its entry's slot of a cluster.
   */
  fillLease(key: string, fence: Fence): string {
    return `${this.#entryPrefix}${FILL}{${this.entry(key)}}:${hash('sha1', fence.join(), 'base64url')}`
  }
}

const STAMP = 'stamp:'
const ENTRY = 'entry:'
const FILL = 'fill:'
const OTHERS = [STAMP, ENTRY, FILL]
