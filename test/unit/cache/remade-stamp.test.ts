import { expect, it } from 'vitest'
import { CircuitBreaker } from '../../../src/adapters/cache/circuit-breaker.ts'
import { EntryStore } from '../../../src/adapters/cache/entry-store.ts'
import { Keyspace } from '../../../src/adapters/cache/keyspace.ts'
import { RedisCommands, type StampsMade } from '../../../src/adapters/cache/redis-commands.ts'
import { RedisSession } from '../../../src/adapters/cache/redis-session.ts'
import { TieredSession } from '../../../src/adapters/cache/tiered-cache.ts'
import { type Entry, Permit } from '../../../src/application/consistency/ports/cache-port.ts'
import { ManualClock, RealRandom } from '../../contract/sources.ts'

/**
 * A server whose stamp was deleted, and which a lagging replica's copy takes over before the stamp is made: the deleted
 * stamp is read back. Found by the interleavings, as one schedule in a hundred thousand.
 */
class TakenOverByOldCopy extends RedisCommands {
  readonly ended = new Promise<void>(() => {})
  readonly alive = true
  deleted = false

  async read(keys: readonly string[]): Promise<(Buffer | null)[]> {
    return keys.map((key) => (key.includes('stamp:') && !this.deleted ? Buffer.from('old stamp') : null))
  }

  async makeStamps(tokens: ReadonlyMap<string, string>): Promise<StampsMade> {
    this.deleted = false
    return { stamps: [...tokens].map(() => Buffer.from('old stamp')), taken: new Set() }
  }

  async set(): Promise<void> {}
  async deleteAndVerify(): Promise<void> {}
  close(): void {}
}

class Always extends Permit {
  assert(): void {}
}

const entry: Entry = {
  body: Buffer.from('{}'),
  etag: '"x"',
  visibleTo: '',
  loadedAt: 0,
  expiresAt: Infinity,
  loadMs: 1,
}

it('a stamp that was missing is no hit for L1, even when the old one is read back', async () => {
  const clock = new ManualClock()
  const commands = new TakenOverByOldCopy()
  const l2 = new RedisSession(commands, {
    keyspace: new Keyspace('test:'),
    breaker: new CircuitBreaker(clock),
    clock,
    random: new RealRandom(),
    timeoutMs: 1000,
    invalidateTimeoutMs: 1000,
  })
  const session = new TieredSession(l2, new EntryStore(1_000_000, clock), clock)
  const { fence } = await session.lookup('k', ['t'], new Always())
  await session.store('k', ['t'], entry, fence, 60_000)
  expect((await session.lookup('k', ['t'], new Always())).entry).toBeDefined()

  commands.deleted = true
  expect((await session.lookup('k', ['t'], new Always())).entry).toBeUndefined()
})
