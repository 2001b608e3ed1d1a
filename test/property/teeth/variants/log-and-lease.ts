import { core, quiet, simulated, stalls, twoOnRedis, twoPrivate, type Variant, variant } from '../variant.ts'

const drain = core('drain.ts')
const lease = core('lease.ts')
const confirmation = core('write-confirmation.ts')
const unitOfWork = core('unit-of-work.ts')
const wire = core('wire.ts')
const log = simulated('sim-log.ts')

const MARKS = `if (selected.size > 0) await this.#log.markApplied([...selected])`
const INVALIDATES = `if (session !== undefined) await invalidateAll(session, rows)`
const waits = (leases: number) =>
  confirmation(`export const WAIT_PER_LEASE = 1.02`, `export const WAIT_PER_LEASE = ${leases}`)

/** When a write is answered, how long a lease holds, and which rows a drain applies. */
export const LOG_AND_LEASE: readonly Variant[] = [
  variant(
    'no wait without confirmation',
    twoOnRedis,
    confirmation(
      `if (this.#cache.reach === 'private') return this.#confirmPrivate(tags, committedAt)`,
      `await this.#loop.next()
    return 'invalidated'`,
    ),
  ),
  variant('a wait of 0.9 L', twoPrivate, waits(0.9)),
  variant('a wait of L', stalls, waits(1)),
  variant(
    'the wait counted from sending COMMIT',
    stalls,
    unitOfWork(`let logged: Logged | undefined\n`, `let logged\n    let sentAt = 0\n`),
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
    core('gate.ts')(`if (!this.#lease.holds) throw new CacheUnusable('no-lease')`, ``),
  ),
  variant(
    'the lease renewed without draining',
    twoPrivate,
    drain(
      `} catch (error) {
      return selected`,
      `} catch (error) {
      this.#lease.renew(this.#lease.now())
      return selected`,
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
    'a timed-out DEL taken as done',
    twoOnRedis,
    drain(
      `await session.invalidate(tags.slice(start, start + TAGS_AT_ONCE))`,
      `await session.invalidate(tags.slice(start, start + TAGS_AT_ONCE)).catch((error) => {
      if (!(error instanceof CacheUnusable && error.reason === 'timeout')) throw error
    })`,
    ),
  ),
  variant(
    'SKIP LOCKED',
    twoOnRedis,
    log(
      `return this.#ask('SELECT pending rows', (database) => database.pending())`,
      `return this.#ask('SELECT pending rows FOR UPDATE SKIP LOCKED', (database) =>
      database.pending().filter((row) => {
        // PostgreSQL unlocks what the dead have locked.
        const holder = LOCKS.get(row)
        if (holder !== undefined && holder !== this && holder.#link.host.alive) return false
        LOCKS.set(row, this)
        this.#locked.push(row)
        return true
      }),
    )`,
    ),
    log(
      `async close(): Promise<void> {}`,
      `#locked = []

  unlock() {
    for (const row of this.#locked.splice(0)) if (LOCKS.get(row) === this) LOCKS.delete(row)
  }

  async close() {}`,
    ),
    log(`export class SimLog`, `const LOCKS = new WeakMap()\n\nexport class SimLog`),
    drain(
      `async run(): Promise<DrainOutcome> {`,
      `run() {
    return this.#run().finally(() => this.#log.unlock())
  }

  async #run() {`,
    ),
  ),
  variant(
    'a watermark',
    quiet,
    drain(
      `return this.#log.pending()`,
      `return (await this.#log.pending()).filter(({ id }) => Number(id) > this.#mark)`,
    ),
    drain(MARKS, `${MARKS}\n      this.#mark = Math.max(this.#mark, ...rows.map(({ id }) => Number(id)))`),
    drain(
      `readonly #unseen: UnseenRows | undefined\n`,
      `readonly #unseen: UnseenRows | undefined\n  #mark = 0\n`,
    ),
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
      `const drain = new Drain(cache, log, trusted, lease, alone)`,
      `const own = new Set()
  const drain = Object.assign(new Drain(cache, log, trusted, lease, alone), { own })`,
    ),
    wire(
      `const writes = new UnitOfWork(transactions, tagsOf,`,
      `const remembers = (tx) => ({
    ...tx,
    logInvalidation: async (tags) => {
      const id = await tx.logInvalidation(tags)
      own.add(id)
      return id
    },
  })
  const noting = { run: (work) => transactions.run((tx) => work(remembers(tx))) }
  const writes = new UnitOfWork(noting, tagsOf,`,
    ),
    drain(
      INVALIDATES,
      `if (session !== undefined) await invalidateAll(session, rows.filter(({ id }) => this.own.has(id)))`,
    ),
    drain(MARKS, `await this.#log.markApplied([...selected].filter((id) => this.own.has(id)))`),
  ),
]
