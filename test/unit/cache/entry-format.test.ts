import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredEntry } from '../../../src/adapters/cache/entry-format.ts'
import { decodeEntry, encodeEntry } from '../../../src/adapters/cache/entry-format.ts'

const stored: StoredEntry = {
  entry: {
    body: Buffer.from('{"name":"Évora\n"}'),
    etag: '"tag"',
    visibleTo: '',
    loadedAt: 1,
    expiresAt: 2,
    loadMs: 0.5,
  },
  fence: ['stamp one', 'stamp two'],
  keptUntil: 3,
}

const META = {
  etag: '"tag"',
  visibleTo: '',
  loadedAt: 1,
  expiresAt: 2,
  loadMs: 0.5,
  keptUntil: 3,
  fence: ['stamp'],
  bytes: [4],
}

/** A value as another release, another program or a damaged disk would leave it. */
const value = (meta: unknown, body = 'body', magic = 'mf2 ') =>
  Buffer.from(`${magic}${typeof meta === 'string' ? meta : JSON.stringify(meta)}\n${body}`)

describe('an entry as one value', () => {
  it.each([false, true])('comes back as it was, with codings beside the body: %s', (withEncoded) => {
    const text = fc.string({ unit: 'binary' })
    const bytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
    const entry = fc.record({
      body: bytes,
      ...(withEncoded && { encoded: fc.record({ br: bytes, gzip: bytes }) }),
      etag: text,
      visibleTo: text,
      loadedAt: fc.nat(),
      expiresAt: fc.nat(),
      loadMs: fc.double({ min: 0, max: 1e6, noNaN: true }).map((ms) => ms + 0),
    })
    fc.assert(
      fc.property(entry, fc.array(text, { maxLength: 4 }), fc.nat(), (entry, fence, keptUntil) => {
        expect(decodeEntry(encodeEntry({ entry, fence, keptUntil }))).toEqual({ entry, fence, keptUntil })
      }),
    )
  })

  it('is the value that these tests damage', () => {
    expect(decodeEntry(value(META))?.fence).toEqual(['stamp'])
  })
})

describe('garbage is a miss', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['another program', Buffer.from('{"markets":[]}\n')],
    ['another release', value(META, 'body', 'mf1 ')],
    ['a header that never ends', Buffer.from(`mf2 ${JSON.stringify(META)}`)],
    ['a header that is no JSON', value('{"etag":')],
    ['a header that is null', value('null')],
    ['a header that is text', value('"mf2"')],
    ['a header that is a number', value('4')],
  ])('%s', (_, damaged) => {
    expect(decodeEntry(damaged)).toBeUndefined()
  })

  it.each(Object.keys(META))('a header without %s', (field) => {
    expect(decodeEntry(value({ ...META, [field]: undefined }))).toBeUndefined()
  })

  it.each(Object.keys(META))('a header whose %s is of another type', (field) => {
    expect(decodeEntry(value({ ...META, [field]: true }))).toBeUndefined()
  })

  it('a stamp that is no text', () => {
    expect(decodeEntry(value({ ...META, fence: ['stamp', 7] }))).toBeUndefined()
  })

  it.each([[[]], [[4, 1]], [[3]], [[4, -4, 4]], [[2.5, 1.5]]])(
    'bodies of %j bytes, where there are 4',
    (bytes) => {
      expect(decodeEntry(value({ ...META, bytes }))).toBeUndefined()
    },
  )

  it.each([
    ['cut off', (whole: Buffer) => whole.subarray(0, -1)],
    ['appended to', (whole: Buffer) => Buffer.concat([whole, Buffer.from(' ')])],
  ])('a body that was %s', (_, damage) => {
    expect(decodeEntry(damage(encodeEntry(stored)))).toBeUndefined()
  })

  it('whatever it is, it never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, marked) => {
        const damaged = Buffer.concat([Buffer.from(marked ? 'mf2 ' : ''), bytes])
        expect(decodeEntry(damaged)).toBeUndefined()
      }),
    )
  })
})
