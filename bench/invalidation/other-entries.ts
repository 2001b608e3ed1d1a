import type { Redis } from 'ioredis'
import { encodeEntry } from '../../src/adapters/cache/entry-format.ts'
import { Keyspace } from '../../src/adapters/cache/keyspace.ts'

const BATCH = 10_000
const KEEP_MS = 24 * 3_600_000
/** As long as a real one. */
const STAMP = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Entries in the product's own format and names that the write under test does not concern: markets' details. */
export class OtherEntries {
  readonly #client: Redis
  readonly #keyspace: Keyspace
  readonly #value: Buffer
  #count = 0

  constructor(client: Redis, prefix: string, body: Buffer) {
    this.#client = client
    this.#keyspace = new Keyspace(prefix)
    const now = Date.now()
    const life = { loadedAt: now, expiresAt: now + KEEP_MS, loadMs: 1 }
    const entry = { body, etag: '"bench"', visibleTo: '', ...life }
    this.#value = encodeEntry({ entry, fence: [STAMP], keptUntil: now + KEEP_MS })
  }

  /** Adds entries until there are this many. */
  async growTo(count: number): Promise<void> {
    while (this.#count < count) {
      const until = Math.min(count, this.#count + BATCH)
      const pipeline = this.#client.pipeline()
      for (; this.#count < until; this.#count++) {
        const id = `00000000-0000-4000-8000-${String(this.#count).padStart(12, '0')}`
        pipeline.set(this.#keyspace.entry(`market:${id}:detail`), this.#value, 'PX', KEEP_MS)
      }
      const replies = await pipeline.exec()
      const failed = replies?.find(([error]) => error !== null)?.[0]
      if (failed) throw failed
    }
  }
}
