import {
  adapter,
  connections,
  core,
  http,
  quiet,
  quietTiered,
  simulated,
  twoOnRedis,
  type Variant,
  variant,
} from '../variant.ts'

const readThrough = core('read-through.ts')
const session = adapter('redis-session.ts')
const tiered = adapter('tiered-cache.ts')
const stamps = adapter('stamp-batch.ts')
const database = simulated('sim-database.ts')

/** Deletes the entry of the one view that hangs on each tag, and leaves the stamp. */
const DELETES_BY_KEY = session(
  `const names = Array.from(new Set(tags), (tag) => keyspace.stamp(tag))`,
  `const names = tags.map((tag) => keyspace.entry('version:' + tag.split(':')[1]))`,
)
const TOKEN = `tokens.set(stamp, this.#random.token())`
const MAKES_STAMPS = `made = await this.#breaker.run(Math.max(1, remainingMs), () =>
        this.#commands.makeStamps(tokens, leases),
      )`

/** What counts as a hit, and under which stamps an entry is stored. */
export const FENCE: readonly Variant[] = [
  variant(
    'store without stamps',
    quiet,
    session(
      `if (stored === undefined || !sameFence(stored.fence, fence)) return miss`,
      `if (stored === undefined) return miss`,
    ),
    DELETES_BY_KEY,
  ),
  variant(
    'observe after the load',
    quiet,
    readThrough(
      `return await session.store(key, tags, entry, fence, keepMs)`,
      `const late = await session.lookup(key, tags, this.#leased)
      return await session.store(key, tags, entry, late.fence, keepMs)`,
    ),
  ),
  variant(
    'invalidate before the commit',
    quiet,
    core('wire.ts')(
      `const writes = new UnitOfWork(transactions, tagsOf,`,
      `const early = {
        run: (work) =>
          transactions.run((tx) =>
            work({
              ...tx,
              logInvalidation: async (tags) => {
                await cache.session()?.invalidate(tags).catch(() => undefined)
                return tx.logInvalidation(tags)
              },
            }),
          ),
      }
      const writes = new UnitOfWork(early, tagsOf,`,
    ),
    core('write-confirmation.ts')(
      `const acknowledgements = this.#log.acknowledgements`,
      `return { confirmation: 'invalidated' }
    const acknowledgements = this.#log.acknowledgements`,
    ),
  ),
  variant(
    'a load from an older snapshot',
    quiet,
    readThrough(
      `async #load<P, T>(view: View<P, T, Source>, params: P): Promise<Entry> {`,
      `#loaded

      #load(view, params) {
        const key = view.key(params)
        const now = this.#clock.monotonic()
        if (this.#loaded?.key !== key || now - this.#loaded.at > 100) {
          this.#loaded = { entry: this.#loadNow(view, params), key, at: now }
        }
        return this.#loaded.entry
      }

      async #loadNow(view, params) {`,
    ),
  ),
  variant(
    'a lookup that was asked before the read began',
    quiet,
    session(
      `async lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {`,
      `#underWay = new Map()

      lookup(key, tags, permit) {
        const under = this.#underWay.get(key)
        if (under !== undefined) return under
        const lookup = this.#lookupNow(key, tags, permit).finally(() => this.#underWay.delete(key))
        this.#underWay.set(key, lookup)
        return lookup
      }

      async #lookupNow(key, tags, permit) {`,
    ),
  ),
  variant(
    'no invalidation',
    quiet,
    core('drain.ts')(
      `session.invalidate(tags.slice(i, Math.min(i + TAGS_AT_ONCE, end)))`,
      `session.invalidate([])`,
    ),
  ),
  variant('delete by key instead of stamp', quiet, DELETES_BY_KEY),
  variant(
    'counters that restart at 0',
    twoOnRedis,
    stamps(TOKEN, `tokens.set(stamp, '0')`),
    session(
      `() => this.#commands.deleteAndVerify(names, keyspace.absent)`,
      `async () => {
        await this.#commands.increment(names)
        await this.#commands.deleteAndVerify([])
      }`,
    ),
  ),
  variant(
    'stamps from the clock',
    twoOnRedis,
    stamps(TOKEN, `tokens.set(stamp, String(Math.floor(this.#clock.now() / 1000)))`),
  ),
  variant(
    'a missing stamp taken as a match',
    quiet,
    stamps(
      `function fenceOf({ stamps }: Question, found: BatchReply): Fence | undefined {`,
      `function fenceOf({ stamps, entry }, found) {`,
    ),
    stamps(
      `const stamp = found.stamp(name)
    if (stamp === undefined) return undefined`,
      `const stamp = found.stamp(name) ?? (entry && found.entry(entry)?.fence[fence.length])
    if (stamp === undefined) return undefined`,
    ),
  ),
  variant(
    'single flight keyed by key alone',
    twoOnRedis,
    readThrough(`return \`\${key}\\n\${fence.join('\\n')}\``, `return key`),
  ),
  variant(
    'a stamp assumed instead of read back',
    twoOnRedis,
    stamps(
      MAKES_STAMPS,
      `this.#commands.makeStamps(tokens, leases).catch(() => undefined)
      made = { stamps: Array.from(tokens.values(), (token) => Buffer.from(token)), taken: new Set() }`,
    ),
  ),
  variant(
    'a bypassing read joins a load already running',
    twoOnRedis,
    core('flights.ts')(
      `this.#waiting.delete(name)
      return work()`,
      `return work().finally(() => this.#waiting.delete(name))`,
    ),
    core('flights.ts')(`if (departed) return departure`, ``),
  ),
  variant(
    'L1 trusted without a check',
    quietTiered,
    tiered(
      `const { fence, stampWasMissing, fillLease } = await this.#l2.observe(key, tags, permit, this, 'stamps')`,
      `permit.assert(this)
    const { fence, stampWasMissing, fillLease } = candidate`,
    ),
  ),
  variant(
    'L1 checked with an answer asked for before the read began',
    { ...twoOnRedis, cache: 'tiered', theme: 'stalls' },
    session(
      `return this.#batch.ask({ stamps, entry, fillLease, permit, session })
  }`,
      `if (entry !== undefined) return this.#batch.ask({ stamps, entry, fillLease, permit, session })
    permit.assert(session)
    const name = tags.join('\\n')
    const under = this.#underWay.get(name)
    if (under !== undefined) return under
    const asked = this.#batch.ask({ stamps, entry, fillLease, permit, session }).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, asked)
    return asked
  }

  #underWay = new Map()`,
    ),
  ),
  variant(
    'promotion to L1 with the wrong stamps',
    quietTiered,
    tiered(
      `if (stored !== undefined && sameFence(stored.fence, fence))
      this.#l1.set(key, stored, stored.keptUntil - this.#clock.now())`,
      `if (stored !== undefined) this.#l1.set(key, { ...stored, fence }, stored.keptUntil - this.#clock.now())`,
    ),
  ),
  variant(
    'a load inside a write transaction',
    quiet,
    database(
      `const answer = await work(tx)`,
      `const mine = await link.ask('write', 'BEGIN', (database) => new Map(database.versions))
      link.open = mine
      const answer = await work(tx).finally(() => {
        if (link.open === mine) link.open = undefined
      })`,
    ),
    database(
      `const versions = await this.#link.ask(user, 'snapshot', snapshot)`,
      `const versions = this.#link.open ?? (await this.#link.ask(user, 'snapshot', snapshot))`,
    ),
  ),
  variant(
    'an entry served past its TTL without matching stamps',
    quiet,
    readThrough(
      `const { entry, tier, fence, fillLease } = lookup
    const now = this.#clock.now()`,
      `const { tier, fence, fillLease } = lookup
    const now = this.#clock.now()
    const last = this.#last.get(key)
    const entry =
      lookup.entry ?? (last && now >= last.expiresAt ? { ...last, expiresAt: Number.POSITIVE_INFINITY } : undefined)`,
    ),
    readThrough(
      `return makeEntry(view, found, facts, this.#options.compress)`,
      `const entry = makeEntry(view, found, facts, this.#options.compress)
      this.#last.set(view.key(params), entry)
      return entry`,
    ),
    readThrough(`readonly #options:`, `#last = new Map()\n  readonly #options:`),
  ),
  variant(
    'a 304 for a version that is not the one read',
    quiet,
    http('kit/respond.ts')(
      `if (ifNoneMatch !== undefined && namesEtag(ifNoneMatch, etag)) {`,
      `const before = globalThis.etagSentLast
  globalThis.etagSentLast = etag
  if (ifNoneMatch !== undefined && before !== undefined && namesEtag(ifNoneMatch, before)) {
    headers[1] = before`,
    ),
  ),
  variant(
    'a re-sent SET NX',
    twoOnRedis,
    stamps(
      MAKES_STAMPS,
      `const send = () => this.#breaker.run(this.#timeoutMs, () => this.#commands.makeStamps(tokens, leases))
      made = await send().catch(async () => {
      await this.#clock.sleep(100)
      return send()
    })`,
    ),
  ),
  variant(
    'a stamp-carrying command re-sent over the next connection',
    connections,
    simulated('sim-cache.ts')(
      `const redis = new RedisSession(commands, context)`,
      `Object.assign(commands, { next: () => this.#connection.current?.commands })
        const redis = new RedisSession(commands, context)`,
    ),
    stamps(
      MAKES_STAMPS,
      `made = await this.#breaker
      .run(Math.max(1, remainingMs), () => this.#commands.makeStamps(tokens, leases))
      .catch((error) => {
        void this.#resend(tokens)
        throw error
      })`,
    ),
    stamps(
      `async #makeMissing(`,
      `async #resend(tokens) {
    for (let attempt = 0; attempt < 20; attempt++) {
      await this.#clock.sleep(100)
      const next = this.#commands.next()
      if (next === undefined || next === this.#commands) continue
      await next.makeStamps(tokens, []).catch(() => undefined)
      return
    }
  }

  async #makeMissing(`,
    ),
  ),
]
