import type { Entry, Fence } from '../../application/consistency/ports/cache-port.ts'

/** An entry as it is kept: with the stamps observed before its load began, and the time after which no tier keeps it. */
export interface StoredEntry {
  readonly entry: Entry
  readonly fence: Fence
  /** In ms since the epoch, by the clock of the instance that stored it. */
  readonly keptUntil: number
}

/**
 * An entry as one binary value: a line `mf2 {meta}`, the body as it is, and then in each coding. The number is the format's
 * version: a release that changes the format changes it, and each takes the other's entries for misses.
 */
const MAGIC = 'mf2 '
const NEWLINE = 0x0a

interface Meta {
  readonly etag: string
  readonly visibleTo: string
  readonly loadedAt: number
  readonly expiresAt: number
  readonly loadMs: number
  readonly keptUntil: number
  readonly fence: readonly string[]
  /** The body's length, and those in each coding: a value that was cut or appended to is garbage. */
  readonly bytes: readonly number[]
}

export function encodeEntry({ entry, fence, keptUntil }: StoredEntry): Buffer {
  const { body, encoded, ...rest } = entry
  const bodies = encoded === undefined ? [body] : [body, encoded.br, encoded.gzip]
  const meta: Meta = { ...rest, keptUntil, fence, bytes: bodies.map(({ byteLength }) => byteLength) }
  // JSON escapes line feeds, so the first one ends the header.
  return Buffer.concat([Buffer.from(`${MAGIC}${JSON.stringify(meta)}\n`), ...bodies])
}

/** Undefined for whatever this release did not write. The bodies are slices of `value`, byte for byte. */
export function decodeEntry(value: Buffer): StoredEntry | undefined {
  if (value.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined
  const end = value.indexOf(NEWLINE, MAGIC.length)
  if (end === -1) return undefined
  const meta = parse(value.toString('utf8', MAGIC.length, end))
  if (!isMeta(meta)) return undefined
  const { bytes, etag, visibleTo, loadedAt, expiresAt, loadMs, keptUntil, fence } = meta
  let start = end + 1
  const [body, br, gzip] = bytes.map((length) => {
    start += length
    return value.subarray(start - length, start)
  })
  if (body === undefined || start !== value.byteLength) return undefined
  const encoded = br !== undefined && gzip !== undefined ? { encoded: { br, gzip } } : {}
  return { entry: { body, ...encoded, etag, visibleTo, loadedAt, expiresAt, loadMs }, fence, keptUntil }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** By hand: a schema library would cost more than the rest of a hit. */
function isMeta(value: unknown): value is Meta {
  if (typeof value !== 'object' || value === null) return false
  const meta = value as Record<keyof Meta, unknown>
  return (
    typeof meta.etag === 'string' &&
    typeof meta.visibleTo === 'string' &&
    typeof meta.loadedAt === 'number' &&
    typeof meta.expiresAt === 'number' &&
    typeof meta.loadMs === 'number' &&
    typeof meta.keptUntil === 'number' &&
    Array.isArray(meta.bytes) &&
    meta.bytes.every((length) => Number.isSafeInteger(length) && length >= 0) &&
    Array.isArray(meta.fence) &&
    meta.fence.every((stamp) => typeof stamp === 'string')
  )
}
