import { decodeEntry, encodeEntry } from '../../../../src/adapters/cache/entry-format.ts'
import { type RedisCommands, RedisRefusal } from '../../../../src/adapters/cache/redis-commands.ts'
import type { RedisSessionContext } from '../../../../src/adapters/cache/redis-session.ts'
import type { StoredEntry } from '../../../../src/adapters/cache/stored-entry.ts'
import { sameFence } from '../../../../src/application/consistency/fence.ts'
import {
  CacheSession,
  CacheUnusable,
  type Entry,
  type Fence,
  type Inspection,
  type Lookup,
  type Permit,
} from '../../../../src/application/consistency/ports/cache-port.ts'
import type { SimConnection } from '../../interleaving/simulation/sim-redis.ts'

/** Longer than any schedule, in ms. */
const KEEP_MS = 3_600_000

type Stamps = readonly (string | undefined)[]

/** The adapter's session without its batches, with the rules of the fence open to be broken. As it stands it is right. */
export class OpenSession extends CacheSession {
  protected readonly connection: RedisCommands
  protected readonly context: RedisSessionContext

  constructor(connection: RedisCommands, context: RedisSessionContext) {
    super()
    this.connection = connection
    this.context = context
  }

  async lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    permit.assert(this)
    const [stored, ...stamps] = await this.read(key, tags)
    if (stored !== undefined && this.matches(stored.fence, stamps)) {
      return { entry: stored.entry, tier: 'l2', fence: stored.fence }
    }
    return { fence: await this.observe(tags, stamps) }
  }

  async store(key: string, _tags: readonly string[], entry: Entry, fence: Fence): Promise<boolean> {
    const value = encodeEntry({ entry, fence, keptUntil: Number.MAX_SAFE_INTEGER })
    await this.within(this.context.timeoutMs, () => this.connection.set(key, value, KEEP_MS))
    return true
  }

  async invalidate(tags: readonly string[]): Promise<void> {
    await this.delete(tags.map(stampOf))
  }

  async inspect(): Promise<Inspection> {
    return { stamps: [], entries: [] }
  }

  /** Whether an entry may be served. */
  protected matches(fence: Fence, stamps: Stamps): boolean {
    return stamps.every((stamp) => stamp !== undefined) && sameFence(fence, stamps as Fence)
  }

  protected token(): string {
    return this.context.random.token()
  }

  /** Makes the stamps that are missing, and reads them back. */
  protected async observe(tags: readonly string[], stamps: Stamps): Promise<Fence> {
    const missing = tags.filter((_, i) => stamps[i] === undefined)
    if (missing.length === 0) return stamps as Fence
    const tokens = new Map(missing.map((tag) => [stampOf(tag), this.token()]))
    const made = await this.make(tokens)
    return stamps.map((stamp, i) => {
      const known = stamp ?? made.get(stampOf(tags[i] ?? ''))
      if (known === undefined) throw new CacheUnusable('unreachable')
      return known
    })
  }

  protected async make(tokens: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
    const values = await this.within(this.context.timeoutMs, () => this.connection.makeStamps(tokens))
    return new Map([...tokens.keys()].flatMap((key, i) => (values[i] ? [[key, String(values[i])]] : [])))
  }

  protected async read(
    key: string,
    tags: readonly string[],
  ): Promise<[StoredEntry | undefined, ...(string | undefined)[]]> {
    const [value, ...stamps] = await this.within(this.context.timeoutMs, () =>
      this.connection.read([key, ...tags.map(stampOf)]),
    )
    return [value ? decodeEntry(value) : undefined, ...stamps.map((stamp) => stamp?.toString())]
  }

  protected delete(keys: readonly string[]): Promise<void> {
    return this.within(this.context.invalidateTimeoutMs, () => this.connection.deleteAndVerify(keys))
  }

  protected async within<T>(ms: number, send: () => Promise<T>): Promise<T> {
    try {
      return await this.context.guard.run(ms, send)
    } catch (error) {
      throw error instanceof RedisRefusal ? new CacheUnusable('unreachable', error) : error
    }
  }
}

export function stampOf(tag: string): string {
  return `stamp:${tag}`
}

/** Whatever is stored is a hit. The invalidation deletes the entry, as everybody's first cache does. */
export class StoresWithoutStamps extends OpenSession {
  protected override matches(): boolean {
    return true
  }

  override async invalidate(tags: readonly string[]): Promise<void> {
    await this.delete(tags.map(entryOf))
  }
}

/** Deletes the entry and leaves the stamp, so that a load under way may still store under it. */
export class DeletesByKey extends OpenSession {
  override async invalidate(tags: readonly string[]): Promise<void> {
    await this.delete(tags.map(entryOf))
  }
}

/** The one view that hangs on the tag. */
function entryOf(tag: string): string {
  return `version:${tag.split(':')[1]}`
}

export class MissingStampMatches extends OpenSession {
  protected override matches(fence: Fence, stamps: Stamps): boolean {
    return stamps.every((stamp, i) => stamp === undefined || stamp === fence[i])
  }
}

/** Takes the stamp it sends for the one that is there, and does not wait to hear. */
export class AssumesStamp extends OpenSession {
  protected override async make(tokens: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
    this.connection.makeStamps(tokens).catch(() => undefined)
    return tokens
  }
}

/** A stamp counts invalidations: lost, it begins again at 0. */
export class CountsFromZero extends OpenSession {
  protected override token(): string {
    return '0'
  }

  override async invalidate(tags: readonly string[]): Promise<void> {
    const connection = this.connection as SimConnection
    await this.within(this.context.invalidateTimeoutMs, () => connection.increment(tags.map(stampOf)))
    await this.delete([])
  }
}

/** A stamp is the second it was made in. */
export class StampsFromClock extends OpenSession {
  protected override token(): string {
    return String(Math.floor(this.context.clock.now() / 1000))
  }
}

/** Entries in process, served as long as they are fresh. */
export class TrustsL1 extends OpenSession {
  readonly #l1 = new Map<string, Entry>()

  override async lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    permit.assert(this)
    const entry = this.#l1.get(key)
    if (entry !== undefined) return { entry, tier: 'l1', fence: [] }
    const found = await super.lookup(key, tags, permit)
    if (found.entry !== undefined) this.#l1.set(key, found.entry)
    return found
  }
}

/** What Redis holds is promoted under the stamps of the promotion, not under those it was stored with. */
export class PromotesUnderWrongStamps extends OpenSession {
  readonly #l1 = new Map<string, StoredEntry>()

  override async lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    permit.assert(this)
    const [stored, ...stamps] = await this.read(key, tags)
    const l1 = this.#l1.get(key)
    if (l1 !== undefined && this.matches(l1.fence, stamps)) {
      return { entry: l1.entry, tier: 'l1', fence: l1.fence }
    }
    const fence = await this.observe(tags, stamps)
    if (stored === undefined) return { fence }
    this.#l1.set(key, { ...stored, fence })
    return sameFence(stored.fence, fence) ? { entry: stored.entry, tier: 'l2', fence } : { fence }
  }
}

/** A lookup shares the answer to one that is under way, though that was asked before this read began. */
export class JoinsLookupUnderWay extends OpenSession {
  readonly #underWay = new Map<string, Promise<Lookup>>()

  override lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    const under = this.#underWay.get(key)
    if (under !== undefined) return under
    const lookup = super.lookup(key, tags, permit).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, lookup)
    return lookup
  }
}
