import { beforeEach, describe, expect, it } from 'vitest'
import type { Entry } from '../../../src/application/consistency/ports/cache-port.ts'
import { Reading } from '../../../src/application/consistency/reading.ts'
import {
  decode,
  isNegative,
  longestLifeMs,
  makeEntry,
} from '../../../src/application/consistency/representation.ts'
import type { View } from '../../../src/application/consistency/view.ts'
import { rendered } from '../../../src/application/consistency/view.ts'
import { type Version, versionView } from './fakes.ts'

const view = versionView(async () => undefined)
const facts = { loadedAt: 1_000_000, loadMs: 7, jitter: 0.5 }
let entry: Entry

beforeEach(() => {
  entry = makeEntry(view, { value: { version: 1 } }, facts)
})

describe('a representation', () => {
  it('is the JSON text and its strong tag', () => {
    expect(entry.body.toString()).toBe('{"version":1}')
    expect(entry.etag).toMatch(/^"[\w-]{27}"$/)
    expect(entry).toMatchObject({ visibleTo: '', loadedAt: 1_000_000, loadMs: 7 })
    expect(isNegative(entry)).toBe(false)
  })

  it('has the same tag for the same text, another for another', () => {
    expect(makeEntry(view, { value: { version: 1 } }, { ...facts, jitter: 0 }).etag).toBe(entry.etag)
    expect(makeEntry(view, { value: { version: 2 } }, facts).etag).not.toBe(entry.etag)
  })

  it.each([
    [0, 90_000],
    [0.5, 100_000],
    [1 - Number.EPSILON, 110_000],
  ])('lives its TTL of 100 s with jitter %d: %d ms', (jitter, lifeMs) => {
    const { expiresAt, loadedAt } = makeEntry(view, { value: { version: 1 } }, { ...facts, jitter })
    expect(expiresAt - loadedAt).toBeCloseTo(lifeMs, 3)
    expect(expiresAt - loadedAt).toBeLessThanOrEqual(longestLifeMs(view.ttlS))
  })

  it('lives its TTL and a tenth at the longest, for which rows of the log are kept', () => {
    expect(longestLifeMs(view.ttlS)).toBeCloseTo(110_000, 6)
  })

  it.each([
    [0, 27_000],
    [0.5, 30_000],
    [1 - Number.EPSILON, 33_000],
  ])('remembers for 30 s that there is nothing, with jitter %d: %d ms', (jitter, lifeMs) => {
    const nothing = makeEntry(view, undefined, { ...facts, jitter })
    expect(isNegative(nothing)).toBe(true)
    expect(nothing).toMatchObject({ etag: '', visibleTo: '' })
    expect(nothing.body).toHaveLength(0)
    expect(nothing.expiresAt - nothing.loadedAt).toBeCloseTo(lifeMs, 3)
  })

  it('is never made of what the schema refuses: an ORM object, say', () => {
    const wrong = { value: { version: 1, secret: 'hash' } as never }
    expect(() => makeEntry(view, wrong, facts)).toThrow()
  })

  it('carries who may see it', () => {
    const own = makeEntry(view, { value: { version: 1 }, visibleTo: 'rosa' }, facts)
    const reading = new Reading(view, own, { kind: 'miss', stored: true })
    expect(reading.body).toBe(own.body)
    expect(reading.etag).toBe(own.etag)
    expect(reading.isVisibleTo('rosa')).toBe(true)
    expect(reading.isVisibleTo('mallory')).toBe(false)
    expect(reading.isVisibleTo(undefined)).toBe(false)
    expect(new Reading(view, entry, reading.status).isVisibleTo(undefined)).toBe(true)
  })
})

describe('a rendered view', () => {
  let page: View<string, Version>

  beforeEach(() => {
    page = rendered(view, 'v1', ({ version }) => `<p>${version}</p>`)
  })

  it('is the text that was rendered of what the schema accepts', () => {
    const { body, etag } = makeEntry(page, { value: { version: 1 } }, facts)
    expect(body.toString()).toBe('<p>1</p>')
    expect(etag).not.toBe(entry.etag)
    expect(() => makeEntry(page, { value: { version: 1, secret: 'hash' } as never }, facts)).toThrow()
  })

  it('has the tags of the view, and a key of its own for every version', () => {
    const next = rendered(view, 'v2', ({ version }) => `<b>${version}</b>`)
    expect(page.tags('a')).toEqual(view.tags('a'))
    expect([view, page, next].map((each) => each.key('a'))).toEqual([
      'thing:a',
      'thing:a:rendered:v1',
      'thing:a:rendered:v2',
    ])
  })

  it('remembers like any other that there is nothing', () => {
    expect(isNegative(makeEntry(page, undefined, facts))).toBe(true)
  })
})

describe('decode', () => {
  it('gives the object back', () => {
    expect(decode(view, entry)).toEqual({ version: 1 })
  })

  it.each(['', 'not JSON', '{"version":"1"}', '{"version":1,"more":2}', '{}'])(
    'gives nothing for what this release did not write: %j',
    (text) => {
      expect(decode(view, { ...entry, body: Buffer.from(text) })).toBeUndefined()
    },
  )
})
