import type { RedisCommands } from '../../../../src/adapters/cache/redis-commands.ts'
import type { RedisSessionContext } from '../../../../src/adapters/cache/redis-session.ts'
import type { Entry, Fence } from '../../../../src/application/consistency/ports/cache-port.ts'
import type { SessionAccess } from '../../interleaving/simulation/sim-cache.ts'
import { OpenSession } from './open-session.ts'

/** In ms: a pause as clients make it before they try again. */
const PAUSE_MS = 100
const ATTEMPTS = 20

/** What had no answer when its connection was lost is sent again over the next one, stamps and all. */
export class ResendsOnNextConnection extends OpenSession {
  readonly #access: SessionAccess

  constructor(connection: RedisCommands, context: RedisSessionContext, access: SessionAccess) {
    super(connection, context)
    this.#access = access
  }

  protected override async make(tokens: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
    try {
      return await super.make(tokens)
    } catch (error) {
      void this.#resend(tokens)
      throw error
    }
  }

  async #resend(tokens: ReadonlyMap<string, string>): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await this.context.clock.sleep(PAUSE_MS)
      const next = this.#access.current()
      if (next === undefined || next === this.connection) continue
      await next.makeStamps(tokens).catch(() => undefined)
      return
    }
  }
}

/** A SET NX without an answer in time is tried again, with the same stamp. */
export class RetriesSetNx extends OpenSession {
  protected override async make(tokens: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
    try {
      return await super.make(tokens)
    } catch {
      await this.context.clock.sleep(PAUSE_MS)
      return super.make(tokens)
    }
  }
}

/** Right, though wasteful: an entry that is stored late is under the stamps it was loaded under. */
export class StoresTwice extends OpenSession {
  override async store(key: string, tags: readonly string[], entry: Entry, fence: Fence): Promise<boolean> {
    const stored = await super.store(key, tags, entry, fence)
    void this.#again(key, tags, entry, fence)
    return stored
  }

  async #again(key: string, tags: readonly string[], entry: Entry, fence: Fence): Promise<void> {
    await this.context.clock.sleep(PAUSE_MS)
    await super.store(key, tags, entry, fence).catch(() => undefined)
  }
}
