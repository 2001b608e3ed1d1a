import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  type CachePort,
  type CacheSession,
  CacheUnusable,
  type Entry,
  type Fence,
  type Lookup,
  Permit,
} from '../../src/application/consistency/ports/cache-port.ts'
import { randomHistories } from './random-histories.ts'

export interface CacheTraits {
  /** Two adapters made by `makeAdapter` see each other's entries and invalidations. */
  readonly shared: boolean
  /** A stored entry is found again. False only for a cache that keeps nothing. */
  readonly remembers: boolean
  /** An adapter of short deadlines with a server of its own, which then stops answering. */
  readonly stalled?: () => Promise<Outage>
  /** The same, whose server goes, with its connections. */
  readonly gone?: () => Promise<Outage>
  /** The longest that a call may take, in ms, on a busy machine too; 20,000. A call that takes longer counts as hanging. */
  readonly callMs?: number
  /** Moves the adapter's time; by default the test waits. */
  readonly advance?: (ms: number) => void | Promise<void>
  /** Makes the adapter lose a tag's stamp as an eviction would; by default it is invalidated. */
  readonly loseStamp?: (cache: CachePort, tag: string) => Promise<void>
}

export interface Outage {
  readonly cache: CachePort
  begin(): void | Promise<void>
  /** The server answers again. */
  resume(): void | Promise<void>
  /** Ends the server, after the cache is closed. */
  end(): Promise<void>
}

/** For a busy machine. */
const PATIENCE = { timeout: 60_000 }

/** A rule that every adapter has to keep. */
interface Rule {
  readonly group: string
  readonly title: string
  /** @throws BrokenRule which says the rule, and what was seen instead */
  readonly check: () => Promise<void>
}

/** An adapter broke a rule of the port. */
export class BrokenRule extends Error {
  override readonly name = 'BrokenRule'
}

/**
 * What every cache adapter must hold, as tests. Safety: what was invalidated is never returned. Liveness: what was
 * stored is. Call it in a test file of yours:
 *
 *     cacheContract('mine', () => new MyCache(), { shared: true, remembers: true })
 *
 * @param makeAdapter is called for every test, twice where two instances are needed; the suite closes what it made.
 */
export function cacheContract(
  name: string,
  makeAdapter: () => CachePort | Promise<CachePort>,
  traits: CacheTraits,
): void {
  const groups = Object.groupBy(rulesOf(name, makeAdapter, traits), ({ group }) => group)
  for (const [group, rules = []] of Object.entries(groups))
    describe(`${name}: ${group}`, PATIENCE, () => {
      for (const { title, check } of rules) test(title, check)
    })
}

/** The same without a test for each: the rules that the adapter breaks, and how, one after the other. */
export async function brokenRules(
  name: string,
  makeAdapter: () => CachePort | Promise<CachePort>,
  traits: CacheTraits,
): Promise<{ readonly rule: string; readonly error: Error }[]> {
  const broken: { rule: string; error: Error }[] = []
  for (const { title, check } of rulesOf(name, makeAdapter, traits))
    await check().catch((error: Error) => broken.push({ rule: title, error }))
  return broken
}

function rulesOf(
  name: string,
  makeAdapter: () => CachePort | Promise<CachePort>,
  traits: CacheTraits,
): readonly Rule[] {
  const {
    shared,
    remembers,
    stalled,
    gone,
    callMs = 20_000,
    advance = sleep,
    loseStamp = invalidate,
  } = traits
  const watch = new Watch(callMs)

  async function open(): Promise<CachePort> {
    const cache = watch.over(await makeAdapter())
    await untilUsable(cache)
    return cache
  }

  const rules: Rule[] = []
  const define =
    (group: string) =>
    (title: string, body: () => Promise<void>): void => {
      rules.push({
        group,
        title,
        check: () => watch.check(`${name} breaks a rule of the cache port: ${title}`, body),
      })
    }

  const safety = (rule: ReturnType<typeof define>) => {
    rule('an invalidated entry is never returned', async () => {
      const cache = await open()
      const { key, tag } = names()
      await fill(cache, key, [tag], entryOf('old'))
      await invalidate(cache, tag)
      expectMiss(await lookup(cache, key, [tag]))
      expectMiss(await lookup(cache, key, [tag]))
    })

    rule(
      'an entry whose load began before the invalidation is never returned, however late it is stored',
      async () => {
        const cache = await open()
        const { key, tag } = names()
        const { fence } = await lookup(cache, key, [tag])
        await invalidate(cache, tag)
        const { fence: later } = await lookup(cache, key, [tag])
        await store(cache, key, [tag], entryOf('old'), fence)
        expectMiss(await lookup(cache, key, [tag]))
        if (remembers) expect(later).not.toEqual(fence)
      },
    )

    rule('an old entry stored over a new one does not come back', async () => {
      const cache = await open()
      const { key, tag } = names()
      const { fence } = await lookup(cache, key, [tag])
      await invalidate(cache, tag)
      await fill(cache, key, [tag], entryOf('new'))
      await store(cache, key, [tag], entryOf('old'), fence)
      const { entry } = await lookup(cache, key, [tag])
      expect(entry?.body.toString()).not.toBe('old')
    })

    rule('each of its tags invalidates an entry', async () => {
      const cache = await open()
      const { key, tag } = names()
      const tags = [tag, `${tag}:b`, `${tag}:c`]
      for (const each of tags) {
        await fill(cache, key, tags, entryOf('old'))
        await invalidate(cache, each)
        expectMiss(await lookup(cache, key, tags))
      }
    })

    rule('a lost stamp is a miss, and stays one', async () => {
      const cache = await open()
      const { key, tag } = names()
      await fill(cache, key, [tag], entryOf('old'))
      await loseStamp(cache, tag)
      expectMiss(await lookup(cache, key, [tag]))
      expectMiss(await lookup(cache, key, [tag]))
    })

    rule('a stamp is never used twice', async () => {
      const cache = await open()
      const { key, tag } = names()
      const seen = new Set<string>()
      let observed = 0
      for (let i = 0; i < 20; i++) {
        const { fence } = await lookup(cache, key, [tag])
        for (const stamp of fence) seen.add(stamp)
        observed += fence.length
        await invalidate(cache, tag)
      }
      expect(seen.size).toBe(observed)
    })

    rule(
      'what one invalidation covers may be nothing, a stranger, the same twice, or thousands',
      async () => {
        const cache = await open()
        const { key, tag } = names()
        await fill(cache, key, [tag], entryOf('old'))
        const strangers = Array.from({ length: 3000 }, (_, i) => `${tag}:stranger:${i}`)
        await cache.session()?.invalidate([])
        await cache.session()?.invalidate([...strangers, tag, tag])
        expectMiss(await lookup(cache, key, [tag]))
      },
    )

    rule('an entry is not kept past its time', async () => {
      const cache = await open()
      const { key, tag } = names()
      await fill(cache, key, [tag], entryOf('old'), 120)
      await advance(200)
      expectMiss(await lookup(cache, key, [tag]))
    })

    rule('without a permit nothing is returned', async () => {
      const cache = await open()
      const { key, tag } = names()
      await fill(cache, key, [tag], entryOf('old'))
      const session = cache.session()
      if (session === undefined) return
      await expect(session.lookup(key, [tag], new Refused())).rejects.toMatchObject({ reason: 'no-lease' })
      const mixed = [session.lookup(key, [tag], new Refused()), session.lookup(key, [tag], new Allowed())]
      const [refused, allowed] = await Promise.allSettled(mixed)
      expect(refused!.status).toBe('rejected')
      expect(allowed!.status).toBe('fulfilled')
    })

    rule('the permit is asked about the session that the cache gave out', async () => {
      const cache = await open()
      const { key, tag } = names()
      const asked: CacheSession[] = []
      const permit = new Allowed((session) => void asked.push(session))
      const session = cache.session()
      await fill(cache, key, [tag], entryOf('here'))
      // The second may come from nearer.
      for (let i = 0; i < 2; i++) await session?.lookup(key, [tag], permit)
      expect(asked.every((each) => each === session)).toBe(true)
      expect(asked.length > 0).toBe(session !== undefined)
    })

    rule('keys that look alike never meet', async () => {
      const cache = await open()
      const { key, tag } = names()
      const keys = lookalikes(key, tag)
      for (const each of keys) await fill(cache, each, [tag], entryOf(each))
      for (const each of keys) {
        const { entry } = await lookup(cache, each, [tag])
        if (remembers || entry !== undefined) expect(entry?.body.toString()).toBe(each)
      }
    })

    rule('tags that look alike never meet', async () => {
      const cache = await open()
      const { key, tag } = names()
      const tags = lookalikes(tag, key)
      for (const each of tags) await fill(cache, `${key}/${each}`, [each], entryOf(each))
      await invalidate(cache, tag)
      for (const each of tags) {
        const { entry } = await lookup(cache, `${key}/${each}`, [each])
        if (each === tag) expectMiss({ entry })
        else if (remembers) expect(entry?.body.toString()).toBe(each)
      }
    })

    rule('two lookups of an unstamped tag at once agree on its stamp', async () => {
      const cache = await open()
      const { key, tag } = names()
      const [one, two] = await Promise.all([lookup(cache, key, [tag]), lookup(cache, `${key}:2`, [tag])])
      expect(one.fence).toEqual(two.fence)
      expect((await lookup(cache, key, [tag])).fence).toEqual(one.fence)
    })

    rule('a session given up is not the session given out next', async () => {
      const cache = await open()
      const { key, tag } = names()
      const before = cache.session()
      if (before === undefined) return
      await fill(cache, key, [tag], entryOf('old'))
      cache.reset()
      const givenOut = () => cache.session() === before
      expect(givenOut(), 'reset() leaves the session in use').toBe(false)
      await untilUsable(cache)
      expect(givenOut(), 'the session that was given up is given out again').toBe(false)
      // What is shared behind it is none of the session's.
      if (!shared && cache.behind === undefined) expectMiss(await lookup(cache, key, [tag]))
    })

    rule(
      'what is still under way on a session given up answers or cannot be used, and a private cache forgets it',
      async () => {
        const cache = await open()
        const { key, tag } = names()
        const before = cache.session()
        if (before === undefined) return
        const fence = await fill(cache, key, [tag], entryOf('old'))
        cache.reset()
        await untilUsable(cache)
        const late = await Promise.allSettled([
          before.lookup(key, [tag], new Allowed()),
          before.store(key, [tag], entryOf('late'), fence, 60_000),
          before.inspect(key, [tag]),
          before.invalidate([tag]),
        ])
        for (const ended of late) {
          if (ended.status === 'rejected') expect(ended.reason).toBeInstanceOf(CacheUnusable)
        }
        const { entry } = await lookup(cache, key, [tag])
        if (!shared) expectMiss({ entry })
      },
    )

    rule(
      'a cache that is closed gives out no session, or one whose calls answer or cannot be used',
      async () => {
        const cache = await open()
        const { key, tag } = names()
        await cache.close()
        const session = cache.session()
        if (session === undefined) return
        const calls = [session.lookup(key, [tag], new Allowed()), session.invalidate([tag])]
        for (const ended of await Promise.allSettled(calls)) {
          if (ended.status === 'rejected') expect(ended.reason).toBeInstanceOf(CacheUnusable)
        }
      },
    )

    rule('two made alike say that they are the same cache', async () => {
      const [one, another] = [await open(), await open()]
      expect(one.reach === 'shared').toBe(shared)
      expect(one.name).not.toBe('')
      expect(one.identity).toEqual(expect.stringMatching(/./))
      expect(another.identity).toBe(one.identity)
    })

    rule('no history of fills, invalidations and reads returns what was invalidated', async () => {
      await randomHistories([await open()], remembers)
    })
  }

  const liveness = (rule: ReturnType<typeof define>) => {
    const bodies = {
      'unicode text': Buffer.from('{"name":"Mercado da Ribeira 🥕 \u2028 \u0000"}'),
      'a negative entry': Buffer.alloc(0),
      null: Buffer.from('null'),
      'bytes that are no UTF-8': Buffer.from([0xff, 0xfe, 0x0a, 0x0d, 0x00, 0x24]),
      'a megabyte': Buffer.alloc(1_000_000, 'Äpfel,\r\n'),
    }
    for (const [what, body] of Object.entries(bodies)) {
      rule(`an entry comes back byte for byte: ${what}`, async () => {
        const cache = await open()
        const { key, tag } = names()
        const entry = {
          ...entryOf(''),
          body,
          etag: body.length === 0 ? '' : '"ä-1"',
          visibleTo: 'account:é\n',
        }
        await fill(cache, key, [tag], entry)
        for (let i = 0; i < 2; i++) {
          const found = (await lookup(cache, key, [tag])).entry
          expect(found?.body.equals(body)).toBe(true)
          expect({ ...found, body }).toEqual(entry)
        }
      })
    }

    rule('a fill after an invalidation is found', async () => {
      const cache = await open()
      const { key, tag } = names()
      await fill(cache, key, [tag], entryOf('old'))
      await invalidate(cache, tag)
      await fill(cache, key, [tag], entryOf('new'))
      const { entry, tier, fence } = await lookup(cache, key, [tag])
      expect(entry?.body.toString()).toBe('new')
      expect(tier).toMatch(/^l[12]$/)
      expect(fence).toHaveLength(1)
    })

    rule('a store says that the entry is kept', async () => {
      const cache = await open()
      const { key, tag } = names()
      const { fence } = await lookup(cache, key, [tag])
      expect(await store(cache, key, [tag], entryOf('kept'), fence)).toBe(true)
      expect((await lookup(cache, key, [tag])).entry?.body.toString()).toBe('kept')
    })

    rule('an entry past its freshness is still found while it is kept', async () => {
      const cache = await open()
      const { key, tag } = names()
      await fill(cache, key, [tag], { ...entryOf('stale'), expiresAt: 1 })
      expect((await lookup(cache, key, [tag])).entry?.expiresAt).toBe(1)
    })

    rule('inspecting tells what is there, and makes no stamp', async () => {
      const cache = await open()
      const { key, tag } = names()
      const before = await cache.session()!.inspect(key, [tag, `${tag}:2`])
      expect(before).toEqual({ stamps: [undefined, undefined], entries: [] })
      const fence = await fill(cache, key, [tag], entryOf('here'))
      const after = await cache.session()!.inspect(key, [tag, `${tag}:2`])
      expect(after.stamps).toEqual([fence[0], undefined])
      expect(after.entries.length).toBeGreaterThan(0)
      for (const each of after.entries) {
        expect(each.entry.body.toString()).toBe('here')
        expect(each.fence).toEqual(fence.slice(0, each.fence.length))
      }
    })
  }

  const twoInstances = (rule: ReturnType<typeof define>) => {
    rule('each sees what the other stored and invalidated', async () => {
      const [a, b] = [await open(), await open()]
      const { key, tag } = names()
      await fill(a, key, [tag], entryOf('one'))
      expect((await lookup(b, key, [tag])).entry?.body.toString()).toBe('one')
      expect((await lookup(b, key, [tag])).entry?.body.toString()).toBe('one')
      await invalidate(a, tag)
      expectMiss(await lookup(b, key, [tag]))
      await fill(a, key, [tag], entryOf('two'))
      expect((await lookup(b, key, [tag])).entry?.body.toString()).toBe('two')
    })

    rule('what one has in its own memory is replaced when the other refills it', async () => {
      const [a, b] = [await open(), await open()]
      const { key, tag } = names()
      await fill(a, key, [tag], entryOf('one'))
      await lookup(b, key, [tag])
      await invalidate(b, tag)
      await fill(b, key, [tag], entryOf('two'))
      expect((await lookup(a, key, [tag])).entry?.body.toString()).toBe('two')
    })

    rule('both agree on the stamp of a tag that they stamp at once', async () => {
      const [a, b] = [await open(), await open()]
      const { key, tag } = names()
      const [one, two] = await Promise.all([lookup(a, key, [tag]), lookup(b, key, [tag])])
      expect(one.fence).toEqual(two.fence)
    })

    rule('a fill that the other invalidates while it loads is never returned', async () => {
      const [a, b] = [await open(), await open()]
      const { key, tag } = names()
      const { fence } = await lookup(a, key, [tag])
      await invalidate(b, tag)
      await store(a, key, [tag], entryOf('old'), fence)
      expectMiss(await lookup(a, key, [tag]))
      expectMiss(await lookup(b, key, [tag]))
    })

    rule('no history of two instances returns what was invalidated', async () => {
      await randomHistories([await open(), await open()], remembers)
    })
  }

  const outage = (prepare: () => Promise<Outage>, rule: ReturnType<typeof define>) => {
    rule(
      'every call ends and says that the cache cannot be used, until the server answers again',
      async () => {
        const { cache, begin, resume, end } = await prepare()
        watch.over(cache, false)
        try {
          const { key, tag } = names()
          await untilUsable(cache)
          const session = cache.session()!
          await begin()
          const calls = [
            session.lookup(key, [tag], new Allowed()),
            session.store(key, [tag], entryOf('lost'), ['stamp'], 60_000),
            session.inspect(key, [tag]),
            session.invalidate([tag]),
          ]
          for (const ended of await Promise.allSettled(calls)) {
            expect(ended).toMatchObject({ status: 'rejected', reason: expect.any(CacheUnusable) })
          }
          await resume()
          const invalidates = () =>
            cache
              .session()
              ?.invalidate([tag])
              .then(
                () => 'done',
                (error: CacheUnusable) => error.reason,
              )
          await expect.poll(invalidates, { timeout: 30_000 }).toBe('done')
        } finally {
          await cache.close()
          await end()
        }
      },
    )
  }

  safety(define('safety'))
  if (stalled) outage(stalled, define('a server that does not answer'))
  if (gone) outage(gone, define('a server that is gone'))
  if (remembers) liveness(define('liveness'))
  if (shared) twoInstances(define('two instances'))
  return rules
}

type Call = 'lookup' | 'store' | 'invalidate' | 'inspect'

/**
 * Looks at every call of the sessions that an adapter gives out: that it ends, and that nothing but CacheUnusable is
 * thrown. The sessions stay the objects that they are.
 */
class Watch {
  readonly #callMs: number
  readonly #opened: CachePort[] = []
  readonly #seen = new WeakSet<CacheSession>()
  #broken: BrokenRule | undefined

  constructor(callMs: number) {
    this.#callMs = callMs
  }

  /** `closed`: whether it is closed after the check. */
  over(cache: CachePort, closed = true): CachePort {
    if (closed) this.#opened.push(cache)
    const give = cache.session.bind(cache)
    cache.session = () => {
      const session = give()
      if (session === undefined || this.#seen.has(session)) return session
      this.#seen.add(session)
      for (const call of ['lookup', 'store', 'invalidate', 'inspect'] as const) this.#watch(session, call)
      return session
    }
    return cache
  }

  #watch(session: CacheSession, call: Call): void {
    const asked = session[call].bind(session) as (...args: unknown[]) => Promise<unknown>
    const watched = async (...args: unknown[]) => {
      try {
        return await this.#ends(call, asked(...args))
      } catch (error) {
        if (error instanceof CacheUnusable || error instanceof BrokenRule) throw error
        throw this.#break(`${call} threw ${error}: a session throws CacheUnusable, and nothing else`, error)
      }
    }
    Object.assign(session, { [call]: watched })
  }

  async #ends<T>(call: Call | 'close', answer: Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const told = `${call} has not ended within ${this.#callMs} ms: every call has a deadline of the adapter's own`
    const timer = setTimeout(() => reject(this.#break(told)), this.#callMs)
    try {
      return await Promise.race([answer, late])
    } finally {
      clearTimeout(timer)
    }
  }

  #break(message: string, cause?: unknown): BrokenRule {
    this.#broken ??= new BrokenRule(message, { cause })
    return this.#broken
  }

  /** Closes what was opened, too. @throws BrokenRule that begins with `rule` */
  async check(rule: string, body: () => Promise<void>): Promise<void> {
    this.#broken = undefined
    let failure: { readonly error: unknown } | undefined
    try {
      await body()
    } catch (error) {
      failure = { error }
    }
    for (const cache of this.#opened.splice(0))
      await this.#ends('close', cache.close()).catch((error) => {
        failure ??= { error }
      })
    // What a call did is the reason of whatever came of it.
    const error = this.#broken ?? failure?.error
    if (error === undefined) return
    throw new BrokenRule(`${rule}. ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

function expectMiss({ entry }: { readonly entry?: Entry | undefined }): void {
  if (entry !== undefined) throw new BrokenRule(`It returned «${entry.body.toString().slice(0, 40)}»`)
}

/** Permits everything. */
export class Allowed extends Permit {
  readonly #tell: (session: CacheSession) => void

  constructor(tell: (session: CacheSession) => void = () => {}) {
    super()
    this.#tell = tell
  }

  assert(session: CacheSession): void {
    this.#tell(session)
  }
}

/** Permits nothing, as a lapsed lease does. */
class Refused extends Permit {
  assert(): void {
    throw new CacheUnusable('no-lease')
  }
}

/** Resolves once the cache has a session; a cache without reach never has one. */
export async function untilUsable(cache: CachePort, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (cache.reach !== 'none' && cache.session() === undefined) {
    if (Date.now() > deadline) throw new Error(`${cache.name} has had no session for ${timeoutMs} ms`)
    await sleep(5)
  }
}

export function entryOf(text: string): Entry {
  const loadedAt = Date.now()
  const body = Buffer.from(text)
  return {
    body,
    etag: `"${text.length}"`,
    visibleTo: '',
    loadedAt,
    expiresAt: loadedAt + 60_000,
    loadMs: 1.5,
  }
}

/** A key and a tag that no other test has. */
export function names(): { readonly key: string; readonly tag: string } {
  const id = randomUUID()
  return { key: `market:${id}:detail`, tag: `market:${id}` }
}

export async function lookup(cache: CachePort, key: string, tags: readonly string[]): Promise<Lookup> {
  const session = cache.session()
  return session === undefined ? { fence: [] } : session.lookup(key, tags, new Allowed())
}

export async function store(
  cache: CachePort,
  key: string,
  tags: readonly string[],
  entry: Entry,
  fence: Fence,
  keepMs = 60_000,
): Promise<boolean> {
  return (await cache.session()?.store(key, tags, entry, fence, keepMs)) ?? false
}

/** As a read-through does: observe, load, store. */
export async function fill(
  cache: CachePort,
  key: string,
  tags: readonly string[],
  entry: Entry,
  keepMs?: number,
): Promise<Fence> {
  const { fence } = await lookup(cache, key, tags)
  await store(cache, key, tags, entry, fence, keepMs)
  return fence
}

export async function invalidate(cache: CachePort, tag: string): Promise<void> {
  await cache.session()?.invalidate([tag])
}

/** Other names that a careless encoding would take for `name`, or for what belongs to `other`. */
function lookalikes(name: string, other: string): readonly string[] {
  const affixed = ['stamp:', 'entry:', 'entry:stamp:', 'stamp:entry:'].flatMap((prefix) => [
    prefix + name,
    prefix + other,
  ])
  return [
    name,
    other,
    `${name}:`,
    `:${name}`,
    `${name} `,
    `${name}%3A`,
    `${name}/..`,
    name.toUpperCase(),
  ].concat(affixed)
}
