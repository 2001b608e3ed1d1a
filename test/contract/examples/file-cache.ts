import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeEntry, encodeEntry, type StoredEntry } from 'marketflow/kit'
import * as port from 'marketflow/port'
import { type Clock, type Random, sameFence } from 'marketflow/port'

/** A worked example of an adapter: entries as files, stamps in memory. For one instance; it never cleans up. */
export class FileCache extends port.CachePort {
  readonly reach = 'private'
  readonly name = 'file'
  readonly identity = 'file'
  readonly #open: () => FileSession
  #session: FileSession

  constructor(directory: string, clock: Clock, random: Random) {
    super()
    // A directory and stamps of its own: a private cache starts empty.
    this.#open = () => new FileSession(mkdtempSync(join(directory, 'session-')), clock, random)
    this.#session = this.#open()
  }

  session = () => this.#session
  health = () => ({ connected: true, breaker: 'none', entries: 0, bytes: 0 }) as const
  close = async () => {}

  reset(): void {
    this.#session = this.#open()
  }
}

class FileSession extends port.CacheSession {
  readonly #stamps = new Map<string, string>()
  readonly #directory: string
  readonly #clock: Clock
  readonly #random: Random

  constructor(directory: string, clock: Clock, random: Random) {
    super()
    this.#directory = directory
    this.#clock = clock
    this.#random = random
  }

  async lookup(key: string, tags: readonly string[], permit: port.Permit): Promise<port.Lookup> {
    permit.assert(this)
    for (const tag of tags) if (!this.#stamps.has(tag)) this.#stamps.set(tag, this.#random.token())
    const fence = tags.map((tag) => this.#stamps.get(tag)!)
    const stored = this.#stored(key)
    return stored && sameFence(stored.fence, fence) ? { entry: stored.entry, tier: 'l1', fence } : { fence }
  }

  async store(key: string, _tags: unknown, entry: port.Entry, fence: port.Fence, keepMs: number) {
    writeFileSync(this.#file(key), encodeEntry({ entry, fence, keptUntil: this.#clock.now() + keepMs }))
    return true
  }

  async invalidate(tags: readonly string[]): Promise<void> {
    for (const tag of tags) this.#stamps.delete(tag)
  }

  async inspect(key: string, tags: readonly string[]): Promise<port.Inspection> {
    const stored = this.#stored(key)
    return {
      stamps: tags.map((tag) => this.#stamps.get(tag)),
      entries: stored ? [{ tier: 'l1', entry: stored.entry, fence: stored.fence }] : [],
    }
  }

  #stored(key: string): StoredEntry | undefined {
    const stored = existsSync(this.#file(key)) ? decodeEntry(readFileSync(this.#file(key))) : undefined
    return stored !== undefined && this.#clock.now() < stored.keptUntil ? stored : undefined
  }

  #file(key: string): string {
    return join(this.#directory, createHash('sha256').update(key).digest('hex'))
  }
}
