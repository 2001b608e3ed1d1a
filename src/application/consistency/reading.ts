import type { CacheUnusable, Encoded, Entry } from './ports/cache-port.ts'
import { decode, entityTag, isNegative } from './representation.ts'
import type { View } from './view.ts'

/** How a read was answered; `Cache-Status` (RFC 9211) is written from it. Times in seconds. */
export type ReadStatus =
  | { readonly kind: 'hit'; readonly tier: 'l1' | 'l2'; readonly ttlS: number }
  | { readonly kind: 'miss'; readonly stored: boolean }
  | { readonly kind: 'bypass'; readonly reason: CacheUnusable['reason'] }
  | { readonly kind: 'unverified'; readonly ageS: number }

/** The answer to a read: bytes to send as they are, and the object for a caller that needs it. */
export class Reading<T> {
  readonly status: ReadStatus
  readonly #view: View<never, T>
  readonly #entry: Entry

  constructor(view: View<never, T>, entry: Entry, status: ReadStatus) {
    this.#view = view
    this.#entry = entry
    this.status = status
  }

  /** Whether what was asked for exists. */
  get exists(): boolean {
    return !isNegative(this.#entry)
  }

  get body(): Buffer {
    return this.#entry.body
  }

  get encoded(): Encoded | undefined {
    return this.#entry.encoded
  }

  get etag(): string {
    return this.#entry.etag
  }

  /** Whether this account (undefined: a reader who has not signed in) may see it. */
  isVisibleTo(accountId: string | undefined): boolean {
    return this.#entry.visibleTo === '' || this.#entry.visibleTo === accountId
  }

  /** The answer to one of several questions that share what is cached, made of it. */
  answering(text: string): Reading<T> {
    const { encoded: _, ...entry } = this.#entry
    const body = Buffer.from(text)
    return new Reading(this.#view, { ...entry, body, etag: entityTag(body) }, this.status)
  }

  /** The view as an object, decoded when asked for. Undefined when another release wrote text that ours can't read. */
  value(): T | undefined {
    return decode(this.#view, this.#entry)
  }
}
