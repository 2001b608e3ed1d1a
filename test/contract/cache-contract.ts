import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
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
  /** An adapter of short deadlines, in use, whose server has just stopped answering; `end` stops both. */
  readonly stalled?: () => Promise<Stalled>
  /** Moves the adapter's time; by default the test waits. */
  readonly advance?: (ms: number) => void | Promise<void>
  /** Makes the adapter lose a tag's stamp as an eviction would; by default it is invalidated. */
  readonly loseStamp?: (cache: CachePort, tag: string) => Promise<void>
}

export interface Stalled {
  readonly cache: CachePort
  resume(): void
  end(): Promise<void>
}

/** For a busy machine. */
const PATIENCE = { timeout: 60_000 }

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
  const { shared, remembers, stalled, advance = sleep, loseStamp = invalidate } = traits
  const opened: CachePort[] = []

  async function open(): Promise<CachePort> {
    const cache = await makeAdapter()
    opened.push(cache)
    await untilUsable(cache)
    return cache
  }

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((cache) => cache.close()))
  })

  describe(`${name}: safety`, PATIENCE, () => {
    test('an invalidated entry is never returned', async () => {
      const cache = await open()
      const { key, tag } = names()
      await fill(cache, key, [tag], entryOf('old'))
      await invalidate(cache, tag)
      expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
      expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
    })

    test('an entry whose load began before the invalidation is never returned, however late it is stored', async () => {
      const cache = await open()
      const { key, tag } = names()
      const { fence } = await lookup(cache, key, [tag])
      await invalidate(cache, tag)
      const { fence: later } = await lookup(cache, key, [tag])
      await store(cache, key, [tag], entryOf('old'), fence)
      expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
      if (remembers) expect(later).not.toEqual(fence)
    })

    test('an old entry stored over a new one does not come back', async () => {
      const cache = await open()
      const { key, tag } = names()
      const { fence } = await lookup(cache, key, [tag])
      await invalidate(cache, tag)
      await fill(cache, key, [tag], entryOf('new'))
      await store(cache, key, [tag], entryOf('old'), fence)
      const { entry } = await lookup(cache, key, [tag])
      expect(entry?.body.toString()).not.toBe('old')
    })

    test('each of its tags invalidates an entry', async () => {
      const cache = await open()
      const { key, tag } = names()
      const tags = [tag, `${tag}:b`, `${tag}:c`]
      for (const each of tags) {
        await fill(cache, key, tags, entryOf('old'))
        await invalidate(cache, each)
        expect((await lookup(cache, key, tags)).entry).toBeUndefined()
      }
    })

    test('a lost stamp is a miss, and stays one', async () => {
      const cache = await open()
      const { key, tag } = names()
      await fill(cache, key, [tag], entryOf('old'))
      await loseStamp(cache, tag)
      expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
      expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
    })

    test('a stamp is never used twice', async () => {
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

    test('what one invalidation covers may be nothing, a stranger, the same twice, or thousands', async () => {
      const cache = await open()
      const { key, tag } = names()
      await fill(cache, key, [tag], entryOf('old'))
      const strangers = Array.from({ length: 3000 }, (_, i) => `${tag}:stranger:${i}`)
      await cache.session()?.invalidate([])
      await cache.session()?.invalidate([...strangers, tag, tag])
      expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
    })

    test('an entry is not kept past its time', async () => {
      const cache = await open()
      const { key, tag } = names()
      await fill(cache, key, [tag], entryOf('old'), 120)
      await advance(200)
      expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
    })

    test('without a permit nothing is returned', async () => {
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

    test('the permit is asked about the session that the cache gave out', async () => {
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

    test('keys that look alike never meet', async () => {
      const cache = await open()
      const { key, tag } = names()
      const keys = lookalikes(key, tag)
      for (const each of keys) await fill(cache, each, [tag], entryOf(each))
      for (const each of keys) {
        const { entry } = await lookup(cache, each, [tag])
        if (remembers || entry !== undefined) expect(entry?.body.toString()).toBe(each)
      }
    })

    test('tags that look alike never meet', async () => {
      const cache = await open()
      const { key, tag } = names()
      const tags = lookalikes(tag, key)
      for (const each of tags) await fill(cache, `${key}/${each}`, [each], entryOf(each))
      await invalidate(cache, tag)
      for (const each of tags) {
        const { entry } = await lookup(cache, `${key}/${each}`, [each])
        if (each === tag) expect(entry).toBeUndefined()
        else if (remembers) expect(entry?.body.toString()).toBe(each)
      }
    })

    test('two lookups of an unstamped tag at once agree on its stamp', async () => {
      const cache = await open()
      const { key, tag } = names()
      const [one, two] = await Promise.all([lookup(cache, key, [tag]), lookup(cache, `${key}:2`, [tag])])
      expect(one.fence).toEqual(two.fence)
      expect((await lookup(cache, key, [tag])).fence).toEqual(one.fence)
    })

    test('a session given up is not the session given out next', async () => {
      const cache = await open()
      const { key, tag } = names()
      const before = cache.session()
      if (before === undefined) return
      await fill(cache, key, [tag], entryOf('old'))
      cache.reset()
      expect(cache.session()).not.toBe(before)
      await untilUsable(cache)
      expect(cache.session()).not.toBe(before)
      // What is shared behind it is none of the session's.
      if (!shared && cache.behind === undefined)
        expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
    })

    test('what is still under way on a session given up answers or cannot be used, and a private cache forgets it', async () => {
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
      if (!shared) expect(entry).toBeUndefined()
    })

    test('a cache that is closed gives out no session, or one whose calls answer or cannot be used', async () => {
      const cache = await open()
      const { key, tag } = names()
      await cache.close()
      const session = cache.session()
      if (session === undefined) return
      const calls = [session.lookup(key, [tag], new Allowed()), session.invalidate([tag])]
      for (const ended of await Promise.allSettled(calls)) {
        if (ended.status === 'rejected') expect(ended.reason).toBeInstanceOf(CacheUnusable)
      }
    })

    test('two made alike say that they are the same cache', async () => {
      const [one, another] = [await open(), await open()]
      expect(one.reach === 'shared').toBe(shared)
      expect(one.name).not.toBe('')
      expect(one.identity).toEqual(expect.stringMatching(/./))
      expect(another.identity).toBe(one.identity)
    })

    test('no history of fills, invalidations and reads returns what was invalidated', async () => {
      await randomHistories([await open()], remembers)
    })
  })

  const liveness = () => {
    const bodies = {
      'unicode text': Buffer.from('{"name":"Mercado da Ribeira 🥕 \u2028 \u0000"}'),
      'a negative entry': Buffer.alloc(0),
      null: Buffer.from('null'),
      'bytes that are no UTF-8': Buffer.from([0xff, 0xfe, 0x0a, 0x0d, 0x00, 0x24]),
      'a megabyte': Buffer.alloc(1_000_000, 'Äpfel,\r\n'),
    }
    for (const [what, body] of Object.entries(bodies)) {
      test(`an entry comes back byte for byte: ${what}`, async () => {
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

    test('a fill after an invalidation is found', async () => {
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

    test('a store says that the entry is kept', async () => {
      const cache = await open()
      const { key, tag } = names()
      const { fence } = await lookup(cache, key, [tag])
      expect(await store(cache, key, [tag], entryOf('kept'), fence)).toBe(true)
      expect((await lookup(cache, key, [tag])).entry?.body.toString()).toBe('kept')
    })

    test('an entry past its freshness is still found while it is kept', async () => {
      const cache = await open()
      const { key, tag } = names()
      await fill(cache, key, [tag], { ...entryOf('stale'), expiresAt: 1 })
      expect((await lookup(cache, key, [tag])).entry?.expiresAt).toBe(1)
    })

    test('inspecting tells what is there, and makes no stamp', async () => {
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

  const twoInstances = () => {
    test('each sees what the other stored and invalidated', async () => {
      const [a, b] = [await open(), await open()]
      const { key, tag } = names()
      await fill(a, key, [tag], entryOf('one'))
      expect((await lookup(b, key, [tag])).entry?.body.toString()).toBe('one')
      expect((await lookup(b, key, [tag])).entry?.body.toString()).toBe('one')
      await invalidate(a, tag)
      expect((await lookup(b, key, [tag])).entry).toBeUndefined()
      await fill(a, key, [tag], entryOf('two'))
      expect((await lookup(b, key, [tag])).entry?.body.toString()).toBe('two')
    })

    test('what one has in its own memory is replaced when the other refills it', async () => {
      const [a, b] = [await open(), await open()]
      const { key, tag } = names()
      await fill(a, key, [tag], entryOf('one'))
      await lookup(b, key, [tag])
      await invalidate(b, tag)
      await fill(b, key, [tag], entryOf('two'))
      expect((await lookup(a, key, [tag])).entry?.body.toString()).toBe('two')
    })

    test('both agree on the stamp of a tag that they stamp at once', async () => {
      const [a, b] = [await open(), await open()]
      const { key, tag } = names()
      const [one, two] = await Promise.all([lookup(a, key, [tag]), lookup(b, key, [tag])])
      expect(one.fence).toEqual(two.fence)
    })

    test('a fill that the other invalidates while it loads is never returned', async () => {
      const [a, b] = [await open(), await open()]
      const { key, tag } = names()
      const { fence } = await lookup(a, key, [tag])
      await invalidate(b, tag)
      await store(a, key, [tag], entryOf('old'), fence)
      expect((await lookup(a, key, [tag])).entry).toBeUndefined()
      expect((await lookup(b, key, [tag])).entry).toBeUndefined()
    })

    test('no history of two instances returns what was invalidated', async () => {
      await randomHistories([await open(), await open()], remembers)
    })
  }

  const silence = (stall: () => Promise<Stalled>) => () => {
    test('every call ends and says that the cache cannot be used, until the server answers again', async () => {
      const { cache, resume, end } = await stall()
      try {
        const { key, tag } = names()
        const session = cache.session()!
        const calls = [
          session.lookup(key, [tag], new Allowed()),
          session.store(key, [tag], entryOf('lost'), ['stamp'], 60_000),
          session.inspect(key, [tag]),
          session.invalidate([tag]),
        ]
        for (const ended of await Promise.allSettled(calls)) {
          expect(ended).toMatchObject({ status: 'rejected', reason: expect.any(CacheUnusable) })
        }
        resume()
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
        await end()
      }
    })
  }

  if (stalled) describe(`${name}: a server that does not answer`, PATIENCE, silence(stalled))
  if (remembers) describe(`${name}: liveness`, PATIENCE, liveness)
  if (shared) describe(`${name}: two instances`, PATIENCE, twoInstances)
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
