import { adapter, cluster, core, quiet, twoOnRedis, type Variant, variant } from '../variant.ts'

const readThrough = core('read-through.ts')

/**
 * Connections that answer in order forgive it: the reply to the lookup comes before the one to any later drain, which
 * asks every server, and only a drain's reply can renew the lease. The model, without that order, does not forgive it.
 */
const CHECKS_LEASE_AFTER_ASKING = readThrough(
  `this.#leased.assert(session)
      lookup = await session.lookup(key, tags, this.#leased)`,
  `lookup = await session.lookup(key, tags, this.#trusted)
      this.#leased.assert(session)`,
)

const FILL_LEASE = (taken: string) =>
  adapter('stamp-batch.ts')(`const taken = made.taken.has(lease) || !sameFence(wanted, fence)`, taken)

/** Changed and still right: what catches one of these would catch anything. */
export const CONTROLS: readonly Variant[] = [
  variant(
    'a patch that changes nothing',
    twoOnRedis,
    core('drain.ts')(
      `async run(request: DrainRequest = {}): Promise<DrainOutcome> {`,
      `async run(request = {}) {`,
    ),
  ),
  variant(
    'the lease checked after the cache was asked, on one connection',
    twoOnRedis,
    CHECKS_LEASE_AFTER_ASKING,
  ),
  variant('the lease checked after the cache was asked, on a cluster', cluster, CHECKS_LEASE_AFTER_ASKING),
  // What is wrong with counters is only that they begin again.
  variant(
    'counters, while none is lost',
    quiet,
    adapter('stamp-batch.ts')(`tokens.set(stamp, this.#random.token())`, `tokens.set(stamp, '0')`),
    adapter('redis-session.ts')(
      `() => this.#commands.deleteAndVerify(names, keyspace.absent)`,
      `async () => {
        await this.#commands.increment(names)
        await this.#commands.deleteAndVerify([])
      }`,
    ),
  ),
  // The fill lease saves loads, and nothing else hangs on it.
  variant('a fill lease that each reader has', twoOnRedis, FILL_LEASE(`const taken = false`)),
  variant('a fill lease that none has', twoOnRedis, FILL_LEASE(`const taken = true`)),
  variant(
    'a fill lease that is anybody’s',
    twoOnRedis,
    FILL_LEASE(`const taken = this.#random.fraction() < 0.5`),
  ),
  // Wasteful, but an entry that is stored late is under the stamps it was loaded under.
  variant(
    'an entry stored twice, the second time late',
    twoOnRedis,
    readThrough(
      `return await session.store(key, tags, entry, fence, keepMs)`,
      `const stored = await session.store(key, tags, entry, fence, keepMs)
      const again = () => session.store(key, tags, entry, fence, keepMs)
      void this.#clock.sleep(100).then(again).catch(() => undefined)
      return stored`,
    ),
  ),
]
