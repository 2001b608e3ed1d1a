import { core, holding, simulated, twoPrivate, type Variant, variant } from '../variant.ts'

const drain = core('drain.ts')
const holders = core('holders.ts')
const confirmation = core('write-confirmation.ts')
const database = simulated('sim-database.ts')
const log = simulated('sim-log.ts')

const HEARS = `if (lacking !== undefined) lacking = acknowledgements.lacking(lacking, transaction)`
const REGISTERS = `if (this.#holds) await this.#holders.register()`
const LISTED = `if (!this.#holders.isOn(holders)) return false`
const MEMBERS = `lacking = told.holders ?? lacking`

/**
 * Others are held by the state space and by unit tests, since here one mistake is seldom enough: a drain fails as its
 * connection does, and over another one nothing is acknowledged anyway.
 *
 * When a holder may have a lease, what it acknowledges, and what a write takes its acknowledgement for.
 */
export const HOLDERS: readonly Variant[] = [
  variant(
    'holders read before the commit',
    twoPrivate,
    confirmation(MEMBERS, `lacking ??= this.before ?? told.holders\n          this.before = told.holders`),
  ),
  variant(
    'acknowledged before the stamps are deleted',
    twoPrivate,
    drain(
      `if (session !== undefined) await invalidateAll(session, piece.tags)`,
      `if (this.#holds && piece.next === undefined && this.#holders.isOn(first.holders))
        await this.#holders.acknowledge(first.position, first.holders, { news: true, wake: true })
      if (session !== undefined) await invalidateAll(session, piece.tags)`,
    ),
  ),
  variant('a lease without a row of one’s own', holding, drain(LISTED, ``)),
  variant(
    'a retired row deleted at once',
    holding,
    holders(`> WAIT_PER_LEASE * this.#lease.lengthMs`, `>= 0`),
  ),
  variant(
    'a retired holder renews its lease',
    holding,
    holders(`id === this.#own?.id && !retired`, `id === this.#own?.id`),
  ),
  variant(
    'retired holders not waited for',
    holding,
    confirmation(MEMBERS, `lacking = told.holders?.filter(({ retired }) => !retired) ?? lacking`),
  ),
  variant('leaving while the lease holds', twoPrivate, holders(`this.#lease.end()`, ``)),
  variant(
    'an unlogged registry',
    twoPrivate,
    database(`crash(): void {\n`, `crash(): void {\n    this.#holders.clear()\n`),
  ),
  variant(
    'no acknowledgements asked',
    twoPrivate,
    confirmation(`if (how !== undefined && lacking?.length === 0)`, `if (how !== undefined)`),
  ),
  variant(
    'acknowledged by watermark',
    twoPrivate,
    log(
      `return sees(this.committed, Number(transaction))`,
      `return Number(transaction) < this.committed.next`,
    ),
  ),
  variant(
    'an acknowledgement for rows committed after its snapshot',
    twoPrivate,
    log(`return sees(this.committed, Number(transaction))`, `return true`),
  ),
  variant(
    'any one acknowledgement suffices',
    twoPrivate,
    confirmation(
      HEARS,
      `const before = lacking?.length
        ${HEARS}
        if (lacking?.length < before) lacking = []`,
    ),
  ),
  variant(
    'registered after the first drain',
    twoPrivate,
    drain(REGISTERS, ``),
    drain(LISTED, `await this.#holders.register()`),
  ),
]
