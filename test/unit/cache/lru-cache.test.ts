import { beforeEach, describe, expect, it } from 'vitest'
import { LruCache } from '../../../src/adapters/cache/lru-cache.ts'
import {
  type CacheSession,
  type Entry,
  Permit,
} from '../../../src/application/consistency/ports/cache-port.ts'
import { ManualClock, RealRandom } from '../../contract/sources.ts'

class Always extends Permit {
  assert(): void {}
}

const MAX_BYTES = 80_000
const entry: Entry = {
  body: Buffer.alloc(1000),
  etag: '"x"',
  visibleTo: '',
  loadedAt: 0,
  expiresAt: Infinity,
  loadMs: 1,
}

let cache: LruCache

beforeEach(() => {
  cache = new LruCache({ maxBytes: MAX_BYTES }, new ManualClock(), new RealRandom())
})

async function fill(session: CacheSession, key: string): Promise<void> {
  const { fence } = await session.lookup(key, [key], new Always())
  await session.store(key, [key], entry, fence, 60_000)
}

describe('what it says of itself', () => {
  it('is that it is there, and what it keeps', async () => {
    expect(cache.name).toBe('lru')
    expect(cache.reach).toBe('private')
    expect(cache.health()).toEqual({ connected: true, breaker: 'none', entries: 0, bytes: 0 })
    await fill(cache.session(), 'k')
    expect(cache.health()).toMatchObject({ entries: 1 })
    expect(cache.health().bytes).toBeGreaterThan(1000)
  })

  it('is that a hit and an inspected entry were in this process', async () => {
    await fill(cache.session(), 'k')
    expect(await cache.session().lookup('k', ['k'], new Always())).toMatchObject({ entry, tier: 'l1' })
    expect((await cache.session().inspect('k', ['k'])).entries).toMatchObject([{ tier: 'l1', entry }])
  })
})

describe('memory', () => {
  it('leaves an eighth of the bound to stamps, however many entries come', async () => {
    for (let i = 0; i < 200; i++) await fill(cache.session(), `key-${i}`)
    expect(cache.health().entries).toBeGreaterThan(10)
    expect(cache.health().bytes).toBeLessThanOrEqual((MAX_BYTES * 7) / 8)
  })

  it('is given back by an entry whose stamp is gone, once it is looked up', async () => {
    await fill(cache.session(), 'k')
    await cache.session().invalidate(['k'])
    await cache.session().lookup('k', ['k'], new Always())
    expect(cache.health().entries).toBe(0)
  })

  it('is given back by a cache that is closed', async () => {
    await fill(cache.session(), 'k')
    await cache.close()
    expect(cache.health().entries).toBe(0)
  })
})
