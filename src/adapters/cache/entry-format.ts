import type { Entry, Fence } from '../../application/consistency/ports/cache-port.ts'

/** An entry as it is kept: with the stamps observed before its load began, and the time after which no tier keeps it. */
export interface StoredEntry {
  readonly entry: Entry
  readonly fence: Fence
  /** In ms since the epoch, by the clock of the instance that stored it. */
  readonly keptUntil: number
}

/**
 * An entry as one binary value: a line `mf1 {meta}` and the body as it is. The number is the format's version: an instance that
 * changes the format changes it, and each release takes the other's entries for misses.
 */
const MAGIC = 'mf1 '
const NEWLINE = 0x0a

interface Meta {
  readonly etag: string
  readonly visibleTo: string
  readonly loadedAt: number
  readonly expiresAt: number
  readonly loadMs: number
  readonly keptUntil: number
  readonly fence: readonly string[]
  /** The body's length: a value that was cut or appended to is garbage. */
  readonly bytes: number
}

export function encodeEntry({ entry, fence, keptUntil }: StoredEntry): Buffer {
  const { body, ...rest } = entry
  const meta: Meta = { ...rest, keptUntil, fence, bytes: body.byteLength }
  // JSON escapes line feeds, so the first one ends the header.
  return Buffer.concat([Buffer.from(`${MAGIC}${JSON.stringify(meta)}\n`), body])
}

/** Undefined for whatever this release did not write. The body is a slice of `value`, byte for byte. */
export function decodeEntry(value: Buffer): StoredEntry | undefined {
  if (value.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined
  const end = value.indexOf(NEWLINE, MAGIC.length)
  if (end === -1) return undefined
  const meta = parse(value.toString('utf8', MAGIC.length, end))
  if (!isMeta(meta) || meta.bytes !== value.byteLength - end - 1) return undefined
  const { etag, visibleTo, loadedAt, expiresAt, loadMs, keptUntil, fence } = meta
  const body = value.subarray(end + 1)
  return { entry: { body, etag, visibleTo, loadedAt, expiresAt, loadMs }, fence, keptUntil }
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
    typeof meta.bytes === 'number' &&
    Array.isArray(meta.fence) &&
    meta.fence.every((stamp) => typeof stamp === 'string')
  )
}
