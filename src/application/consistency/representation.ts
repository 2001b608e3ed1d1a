import { hash } from 'node:crypto'
import type { Encoded, Entry } from './ports/cache-port.ts'
import type { Found, View } from './view.ts'

/** How long «there is no such thing» is remembered, in ms, so that random ids cannot trample the database. */
const NEGATIVE_TTL_MS = 30_000
/** How long past its freshness an entry is kept, in ms, to be served marked when PostgreSQL is out of reach. */
export const GRACE_MS = 3_600_000
/** Entries stored together should not expire together. */
const JITTER = 0.1

/** The longest time an entry stays fresh, in ms, for a TTL in seconds. */
export function longestLifeMs(ttlS: number): number {
  return ttlS * 1000 * (1 + JITTER)
}

/** What a body is sent as to clients that take it; undefined where it would gain little. */
export type Compress = (body: Buffer) => Encoded | undefined

/** When and how fast the load ran, in ms; `jitter` in [0, 1). */
export interface LoadFacts {
  readonly loadedAt: number
  readonly loadMs: number
  readonly jitter: number
}

/** Makes what is cached and sent: the text of a view that its schema accepts, JSON or rendered, and the ETag, once. */
export function makeEntry<T>(
  view: View<never, T>,
  found: Found<T>,
  { loadedAt, loadMs, jitter }: LoadFacts,
  compress: Compress = () => undefined,
): Entry {
  const ttlMs = found === undefined ? NEGATIVE_TTL_MS : view.ttlS * 1000
  const life = { loadedAt, loadMs, expiresAt: loadedAt + ttlMs * (1 - JITTER + 2 * JITTER * jitter) }
  if (found === undefined) return { body: Buffer.alloc(0), etag: '', visibleTo: '', ...life }
  const { body, etag } = represent(view, found.value)
  const encoded = compress(body)
  return { body, ...(encoded && { encoded }), etag, visibleTo: found.visibleTo ?? '', ...life }
}

/** What is sent of a value, and the entity tag that names these bytes. */
export function represent<T>(
  { schema, render = JSON.stringify }: Pick<View<never, T>, 'schema' | 'render'>,
  value: T,
): { readonly body: Buffer; readonly etag: string } {
  const body = Buffer.from(render(schema.parse(value)))
  return { body, etag: entityTag(body) }
}

export function entityTag(body: Buffer): string {
  return `"${hash('sha1', body, 'base64url')}"`
}

export function isNegative(entry: Entry): boolean {
  return entry.etag === ''
}

/** How long an entry is to be kept from `now` on, in ms. */
export function keptFor(entry: Entry, now: number): number {
  return entry.expiresAt - now + (isNegative(entry) ? 0 : GRACE_MS)
}

/** The view's object, or undefined when the text is not what this release's schema says. */
export function decode<T>(view: View<never, T>, entry: Entry): T | undefined {
  try {
    return view.schema.parse(JSON.parse(entry.body.toString()))
  } catch {
    return undefined
  }
}
