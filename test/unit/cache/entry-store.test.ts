import { beforeEach, describe, expect, it } from 'vitest'
import type { StoredEntry } from '../../../src/adapters/cache/entry-format.ts'
import { EntryStore } from '../../../src/adapters/cache/entry-store.ts'
import { ManualClock } from '../../contract/sources.ts'

/** What an entry weighs beside its body and its text, in bytes. */
const OVERHEAD = 800

let clock: ManualClock
let store: EntryStore

beforeEach(() => {
  clock = new ManualClock()
  store = new EntryStore(100_000, clock)
})

function stored(body: Buffer = Buffer.from('{}'), fence: readonly string[] = ['stamp']): StoredEntry {
  return {
    entry: { body, etag: '"x"', visibleTo: 'me', loadedAt: 0, expiresAt: 0, loadMs: 0 },
    fence,
    keptUntil: 0,
  }
}

describe('an entry', () => {
  it('is kept up to its last millisecond, and then takes no more memory', () => {
    store.set('k', stored(), 100)
    clock.advance(99)
    expect(store.get('k')).toEqual(stored())
    clock.advance(1)
    expect(store.get('k')).toBeUndefined()
    expect(store.size).toBe(0)
    expect(store.bytes).toBe(0)
  })

  it.each([0, -1])('with %i ms to live is not kept at all', (keepMs) => {
    store.set('k', stored(), keepMs)
    expect(store.size).toBe(0)
  })

  it('that was discarded takes no more memory', () => {
    store.set('k', stored(), 100)
    store.discard('k', store.get('k')!)
    expect(store.size).toBe(0)
  })

  it('stays when it is another one that is discarded', () => {
    store.set('k', stored(), 100)
    const old = store.get('k')!
    store.set('k', stored(Buffer.from('[]')), 100)
    store.discard('k', old)
    expect(store.get('k')!.entry.body.toString()).toBe('[]')
  })

  it('that is not there can be discarded', () => {
    expect(() => store.discard('k', stored())).not.toThrow()
  })

  it('is gone after clear', () => {
    store.set('k', stored(), 100)
    store.clear()
    expect(store.get('k')).toBeUndefined()
    expect(store.size).toBe(0)
  })
})

describe('memory', () => {
  it('is counted with the key, the tag of the body, its reader and every stamp, two bytes a character', () => {
    store.set('key', stored(Buffer.from('{"a":1}'), ['one', 'second']), 100)
    const text = 'key'.length + '"x"'.length + 'me'.length + 'one'.length + 16 + 'second'.length + 16
    expect(store.bytes).toBe(OVERHEAD + '{"a":1}'.length + 2 * text)
  })

  it('is not held by the chunk that a body was cut from', () => {
    const chunk = Buffer.alloc(64_000, 'x')
    store.set('k', stored(chunk.subarray(10, 20)), 100)
    const { body } = store.get('k')!.entry
    expect(body.toString()).toBe('xxxxxxxxxx')
    expect(body.buffer.byteLength).toBe(10)
  })

  it('is not taken twice by a body that has its own', () => {
    const own = Buffer.allocUnsafeSlow(10)
    store.set('k', stored(own), 100)
    expect(store.get('k')!.entry.body).toBe(own)
  })

  it('has no room for an entry that is larger than all of it, and none is kept for no time: both are said', () => {
    const small = new EntryStore(2_000, clock)
    expect(small.set('k', stored(Buffer.alloc(10)), 100)).toBe(true)
    expect(small.set('large', stored(Buffer.alloc(2_000)), 100)).toBe(false)
    expect(small.set('brief', stored(Buffer.alloc(10)), 0)).toBe(false)
    expect(small.get('large')).toBeUndefined()
    expect(small.get('brief')).toBeUndefined()
  })
})
