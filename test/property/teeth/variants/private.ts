import { core, simulated, twoOnRedis, twoPrivate, type Variant, variant } from '../variant.ts'

const drain = core('drain.ts')
const log = simulated('sim-log.ts')

/** What an instance with a cache of its own must know of the others' writes. */
export const PRIVATE: readonly Variant[] = [
  variant(
    'rows that another has marked are skipped',
    twoPrivate,
    drain(
      `this.#unseen = cache.reach === 'private' && !alone ? new UnseenRows(log) : undefined`,
      `this.#unseen = undefined`,
    ),
  ),
  variant(
    'a drain of one’s own taken as confirmation',
    twoPrivate,
    core('write-confirmation.ts')(
      `if (this.#cache.reach === 'private') return this.#confirmPrivate(tags, committedAt)`,
      ``,
    ),
  ),
  variant('no gap check after a sweep', twoPrivate, drain(`return missed ? undefined : rows`, `return rows`)),
  variant(
    'a watermark of ids in a private cache',
    twoPrivate,
    drain(
      `const { rows, sweeps, position } = await this.#log.kept(this.#applied)`,
      `const { rows: all, sweeps, position } = await this.#log.kept()
    const rows = all.filter(({ id }) => Number(id) > this.#mark)
    this.#seen = Math.max(this.#mark, ...rows.map(({ id }) => Number(id)))`,
    ),
    drain(`this.#applied = this.#selected`, `this.#mark = this.#seen`),
    drain(`#sweeps: string | undefined\n`, `#sweeps: string | undefined\n  #mark = 0\n  #seen = 0\n`),
  ),
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
      `const position: SimPosition = { connection, committed }`,
      `const late = await this.#ask('SELECT the snapshot', (database) => database.kept())
    const position = { connection, committed: late.committed }`,
    ),
  ),
  variant(
    // A server that crashed gives numbers of transactions out again.
    'a snapshot that outlives its connection',
    twoPrivate,
    log(`since?.connection === connection ? since.committed : undefined`, `since?.committed`),
  ),
]

/** Production's own code, deployed as README says it must not be. */
export const DEPLOYMENTS: readonly Variant[] = [
  variant('SINGLE_INSTANCE with two', { ...twoPrivate, alone: true }),
  variant('CACHE=lru beside CACHE=redis', { ...twoOnRedis, odd: 'lru' }),
  variant('CACHE=null beside CACHE=redis', { ...twoOnRedis, odd: 'null' }),
]
