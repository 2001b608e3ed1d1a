import { core, simulated, twoOnRedis, twoPrivate, type Variant, variant } from '../variant.ts'
import { WATERMARK } from './log-and-lease.ts'

const drain = core('drain.ts')
const log = simulated('sim-log.ts')

/** What an instance with a cache of its own must know of the others' writes. */
export const PRIVATE: readonly Variant[] = [
  variant(
    'rows that another has marked are skipped',
    twoPrivate,
    drain(`this.#holds && session !== undefined && this.#trusted.has(session)`, `false`),
  ),
  variant(
    'no gap check after a sweep',
    twoPrivate,
    drain(`if (!piece.missed) return this.#leftToRedis(piece)`, `return piece`),
  ),
  variant('a watermark of ids in a private cache', twoPrivate, ...WATERMARK),
  variant(
    // Transactions that had a number and were still under way are taken as done.
    'a watermark of transactions',
    twoPrivate,
    log(
      `since?.connection === connection ? since.committed : undefined`,
      `since?.connection === connection ? { ...since.committed, underWay: new Set() } : undefined`,
    ),
  ),
  variant(
    'the snapshot taken after the rows',
    twoPrivate,
    log(
      `position: new SimPosition(connection, committed, sweeps),`,
      `position: new SimPosition(
        connection,
        (await this.#ask('SELECT the snapshot', (database) => database.look())).committed,
        sweeps,
      ),`,
    ),
  ),
  variant(
    // A server that crashed gives numbers of transactions out again.
    'a snapshot that outlives its connection',
    twoPrivate,
    log(`since?.connection === connection ? since.committed : undefined`, `since?.committed`),
    log(`return position.connection === this.connection`, `return true`),
  ),
]

/** Production's own code, deployed as README says it must not be. */
export const DEPLOYMENTS: readonly Variant[] = [
  variant('CACHE=lru beside CACHE=redis', { ...twoOnRedis, odd: 'lru' }),
  variant('CACHE=null beside CACHE=redis', { ...twoOnRedis, odd: 'null' }),
]
