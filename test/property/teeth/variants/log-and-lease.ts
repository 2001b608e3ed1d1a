import {
  core,
  crowded,
  quiet,
  simulated,
  stalls,
  twoOnRedis,
  twoPrivate,
  type Variant,
  variant,
} from '../variant.ts'

const drain = core('drain.ts')
const lease = core('lease.ts')
const confirmation = core('write-confirmation.ts')
const unitOfWork = core('unit-of-work.ts')
const wire = core('wire.ts')
const log = simulated('sim-log.ts')

const MARKS = `if (piece.pending.length > 0) await this.#log.markApplied(piece.pending)`
const INVALIDATES = `if (session !== undefined) await invalidateAll(session, piece.tags)`
const ANSWERS = `request.invalidated?.({ ...done, heard: true })`
const DELETES = `session.invalidate(tags.slice(i, Math.min(i + TAGS_AT_ONCE, end)))`
/** Rows up to the greatest id seen by an earlier walk are taken as done: but a lower id may commit later. */
export const WATERMARK = [
  log(
    `const known = since?.connection === connection ? since.committed : undefined`,
    `const known = undefined`,
  ),
  log(
    `const found = rows.filter((row) => byTransaction(row, after) > 0)`,
    `if (after.transaction === 0) this.mark = this.seen ?? 0
    const found = rows.filter((row) => byTransaction(row, after) > 0 && Number(row.id) > this.mark)
    this.seen = Math.max(this.seen ?? 0, ...found.slice(0, PIECE_ROWS).map(({ id }) => Number(id)))`,
  ),
]
const waits = (leases: number) =>
  confirmation(`committedAt + WAIT_PER_LEASE * this.#leaseMs`, `committedAt + ${leases} * this.#leaseMs`)

/** When a write is answered, how long a lease holds, and which rows a drain applies. */
export const LOG_AND_LEASE: readonly Variant[] = [
  variant(
    'no wait without confirmation',
    twoOnRedis,
    confirmation(
      `const acknowledgements = this.#log.acknowledgements`,
      `await this.#loop.next()
    return { confirmation: 'invalidated' }
    const acknowledgements = this.#log.acknowledgements`,
    ),
  ),
  variant('a wait of 0.9 L', twoPrivate, waits(0.9)),
  variant('a wait of L', stalls, waits(1)),
  variant(
    'the wait counted from sending COMMIT',
    stalls,
    unitOfWork(`let logged: Caused | undefined\n`, `let logged\n    let sentAt = 0\n`),
    unitOfWork(`logged = row\n`, `logged = row\n        sentAt = this.#clock.monotonic()\n`),
    unitOfWork(`const committedAt = this.#clock.monotonic()`, `const committedAt = sentAt`),
  ),
  variant(
    'the lease stamped at the end of the drain',
    stalls,
    drain(`this.#lease.renew(since)`, `this.#lease.renew(this.#lease.now())`),
  ),
  variant(
    'no lease check',
    twoPrivate,
    core('lease.ts')(`if (!this.#lease.holds) throw new CacheUnusable('no-lease')`, ``),
  ),
  variant(
    'the lease renewed without draining',
    twoPrivate,
    drain(
      `return { ...done, ...(await this.#leftBy(error, request)), error }`,
      `this.#lease.renew(this.#lease.now())
      return { ...done, ...(await this.#leftBy(error, request)), error }`,
    ),
  ),
  variant(
    'the lease ended by a timer',
    twoPrivate,
    lease(
      `this.#since = since\n`,
      `this.#since = since
    const mine = (this.#renewals += 1)
    this.#held = true
    void this.#clock.sleep(this.lengthMs).then(() => {
      if (mine === this.#renewals) this.#held = false
    })\n`,
    ),
    lease(`return age !== undefined && age < this.lengthMs`, `return this.#held`),
    lease(`#since: Moment | undefined\n`, `#since: Moment | undefined\n  #renewals = 0\n  #held = false\n`),
  ),
  variant(
    'the lease aged by the monotonic clock alone',
    twoPrivate,
    lease(
      `return wall < -CLOCK_GRAIN_MS ? Number.POSITIVE_INFINITY : Math.max(monotonic, wall)`,
      `return monotonic`,
    ),
  ),
  variant('a lease of 1.05 L', twoPrivate, lease(`age < this.lengthMs`, `age < 1.05 * this.lengthMs`)),
  variant(
    'rows marked before their tags are gone',
    twoOnRedis,
    drain(MARKS, ``),
    drain(INVALIDATES, `${MARKS}\n      ${INVALIDATES}`),
  ),
  variant(
    'writes answered before their stamps are gone',
    twoOnRedis,
    drain(ANSWERS, ``),
    drain(
      INVALIDATES,
      `request.invalidated?.({ ...done, invalidated: true, heard: true })\n      ${INVALIDATES}`,
    ),
  ),
  variant(
    'a timed-out DEL taken as done',
    twoOnRedis,
    drain(
      DELETES,
      `${DELETES}.catch((error) => {
      if (!(error instanceof CacheUnusable && error.reason === 'timeout')) throw error
    })`,
    ),
  ),
  variant(
    'SKIP LOCKED',
    twoOnRedis,
    log(
      `rows: kind === 'kept' ? rows : rows.filter(({ applied }) => !applied),`,
      `rows: kind === 'kept' ? rows : rows.filter((row) => {
        if (row.applied) return false
        // PostgreSQL unlocks what the dead have locked.
        const holder = LOCKS.get(row.tags)
        if (holder !== undefined && holder !== this && holder.#link.host.alive) return false
        LOCKS.set(row.tags, this)
        this.#locked.push(row.tags)
        return true
      }),`,
    ),
    log(
      `async close(): Promise<void> {}`,
      `#locked = []

  unlock() {
    for (const tags of this.#locked.splice(0)) if (LOCKS.get(tags) === this) LOCKS.delete(tags)
  }

  async close() {}`,
    ),
    log(`export class SimLog`, `const LOCKS = new WeakMap()\n\nexport class SimLog`),
    drain(
      `async run(request: DrainRequest = {}): Promise<DrainOutcome> {`,
      `run(request) {
    return this.#run(request).finally(() => this.#log.unlock())
  }

  async #run(request = {}) {`,
    ),
  ),
  variant('a watermark', quiet, ...WATERMARK),
  variant(
    'a lease after the first of several pieces',
    crowded,
    drain(`if (piece.next === undefined) {\n        done.invalidated`, `{\n        done.invalidated`),
  ),
  variant(
    'a position moved past rows whose deletion failed',
    twoOnRedis,
    drain(
      `first ??= piece\n      done.holders`,
      `first ??= piece\n      this.#position = first.position\n      done.holders`,
    ),
  ),
  variant(
    // A transaction before the piece may have committed since.
    'a failed walk gone on with under a new lease',
    crowded,
    drain(
      `for await (const piece of this.#pieces(select)) {`,
      `for await (const piece of this.#pieces(select, this.unfinished)) {
      this.unfinished = piece.next`,
    ),
  ),
  variant(
    'the position of the last of several pieces',
    crowded,
    drain(`this.#position = first.position`, `this.#position = this.last`),
    drain(`first ??= piece\n      done`, `first ??= piece\n      this.last = piece.position\n      done`),
  ),
  variant(
    'later pieces marked without deleting their stamps',
    crowded,
    drain(INVALIDATES, INVALIDATES.replace('piece.tags', 'first === piece ? piece.tags : []')),
  ),
  variant(
    'the log row outside the transaction',
    twoOnRedis,
    simulated('sim-database.ts')(
      `transaction.rows.push({ id, tags, applied: false, transaction: database.numberOf(transaction) })`,
      `const apart = new SimTransaction(database.crashes)
      apart.rows.push({ id, tags, applied: false, transaction: database.numberOf(apart) })
      database.commit(apart)`,
    ),
  ),
  variant(
    'other writers’ pending rows left alone',
    twoOnRedis,
    wire(
      `const drain = new Drain(`,
      `const own = new Set()
  log.own = own
  log.ownRows = new Set()
  const drain = new Drain(`,
    ),
    wire(
      `const writes = new UnitOfWork(transactions, tagsOf,`,
      `const remembers = (tx) => ({
    ...tx,
    logInvalidation: async (tags) => {
      const transaction = await tx.logInvalidation(tags)
      own.add(transaction)
      return transaction
    },
  })
  const noting = { run: (work) => transactions.run((tx) => work(remembers(tx))) }
  const writes = new UnitOfWork(noting, tagsOf,`,
    ),
    log(
      `tags: [...new Set(piece.flatMap(({ tags }) => tags))],`,
      `tags: piece
        .filter(({ id, transaction }) => kind === 'kept' || (this.own.has(String(transaction)) && this.ownRows.add(id)))
        .flatMap(({ tags }) => tags),`,
    ),
    drain(MARKS, `await this.#log.markApplied(piece.pending.filter((id) => this.#log.ownRows.has(id)))`),
  ),
]
