import { decodeEntry } from './entry-format.ts'
import type { StoredEntry } from './stored-entry.ts'

/** What Redis answered to a batch of lookups, by name. Each value is decoded once, however many ask for it. */
export class BatchReply {
  readonly #values = new Map<string, Buffer | undefined>()
  readonly #stamps = new Map<string, string>()
  readonly #entries = new Map<string, StoredEntry | undefined>()
  #entriesForgotten = false

  add(name: string, value: Buffer | null | undefined): void {
    this.#values.set(name, value ?? undefined)
  }

  stamp(name: string): string | undefined {
    const known = this.#stamps.get(name)
    if (known !== undefined) return known
    const stamp = this.#values.get(name)?.toString('latin1')
    if (stamp !== undefined) this.#stamps.set(name, stamp)
    return stamp
  }

  entry(name: string): StoredEntry | undefined {
    if (this.#entriesForgotten) return undefined
    if (this.#entries.has(name)) return this.#entries.get(name)
    const value = this.#values.get(name)
    const entry = value === undefined ? undefined : decodeEntry(value)
    this.#entries.set(name, entry)
    return entry
  }

  forgetEntries(): void {
    this.#entriesForgotten = true
  }
}
