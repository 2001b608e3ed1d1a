import type { RedisSession } from '../../src/adapters/cache/redis-session.ts'
import { Permit } from '../../src/application/consistency/ports/cache-port.ts'

class Always extends Permit {
  assert(): void {}
}

const PERMIT = new Always()
const TAG = 'markets:active:city:lisbon'
const KEEP_MS = 3_600_000

/** The pages that the write under test makes old: ten of them, however many other entries there are. */
export class AffectedPages {
  static readonly count = 10
  /** What matches their names in Redis, and no other entry's; what a user of key patterns would write. */
  static readonly pattern = 'markets:active:page:*:size:20:city:lisbon'
  readonly tag = TAG
  readonly #session: RedisSession
  readonly #body: Buffer

  constructor(session: RedisSession, body: Buffer) {
    this.#session = session
    this.#body = body
  }

  /** Stores all of them as a miss does: under the stamps observed before. */
  async fill(): Promise<void> {
    const now = Date.now()
    for (const key of this.#keys()) {
      const { fence } = await this.#session.lookup(key, [TAG], PERMIT)
      const entry = {
        body: this.#body,
        etag: '"bench"',
        visibleTo: '',
        loadedAt: now,
        expiresAt: now + KEEP_MS,
        loadMs: 1,
      }
      await this.#session.store(key, [TAG], entry, fence, KEEP_MS)
    }
    await this.#expectHits(AffectedPages.count)
  }

  /** @throws Error when any is still served: a fast invalidation that does not invalidate is no figure. */
  async expectGone(): Promise<void> {
    await this.#expectHits(0)
  }

  async #expectHits(expected: number): Promise<void> {
    const lookups = await Promise.all(this.#keys().map((key) => this.#session.lookup(key, [TAG], PERMIT)))
    const hits = lookups.filter(({ entry }) => entry !== undefined).length
    if (hits !== expected) throw new Error(`${hits} of the pages are served, and ${expected} should be`)
  }

  #keys(): readonly string[] {
    return Array.from(
      { length: AffectedPages.count },
      (_, page) => `markets:active:page:${page + 1}:size:20:city:lisbon`,
    )
  }
}
