import { EntryStore } from '../../../../src/adapters/cache/entry-store.ts'
import type { RedisCommands } from '../../../../src/adapters/cache/redis-commands.ts'
import { RedisSession, type RedisSessionContext } from '../../../../src/adapters/cache/redis-session.ts'
import type { Observation } from '../../../../src/adapters/cache/stamp-batch.ts'
import { TieredSession } from '../../../../src/adapters/cache/tiered-cache.ts'
import type { CacheSession, Permit } from '../../../../src/application/consistency/ports/cache-port.ts'

/** The check of an L1 entry shares the answer to one under way, though that was asked before this read began. */
class SharesStampsUnderWay extends RedisSession {
  readonly #underWay = new Map<string, Promise<Observation>>()

  override observe(
    key: string | undefined,
    tags: readonly string[],
    permit: Permit,
    session: CacheSession,
  ): Promise<Observation> {
    if (key !== undefined) return super.observe(key, tags, permit, session)
    permit.assert(session)
    const name = tags.join('\n')
    const under = this.#underWay.get(name)
    if (under !== undefined) return under
    const asked = super.observe(key, tags, permit, session).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, asked)
    return asked
  }
}

export function checksL1WithAnswerUnderWay(connection: RedisCommands, context: RedisSessionContext) {
  const below = new SharesStampsUnderWay(connection, context)
  return new TieredSession(below, new EntryStore(1_000_000, context.clock), context.clock)
}
