import { promisify } from 'node:util'
import { brotliCompress, brotliCompressSync, constants, gzip, gzipSync, zstdCompressSync } from 'node:zlib'
import Negotiator from 'negotiator'
import type { Encoded } from '../../../application/consistency/ports/cache-port.ts'
import { RecentlyUsed } from './recently-used.ts'

/** Shorter bodies go into one packet as they are, in bytes. */
const WORTH_IT = 1024
/** Of 11: the last ones take ten times as long for a few percent. */
const BROTLI_QUALITY = 5

/** In the order of what clients are given that take several alike. */
const CODINGS = ['br', 'gzip', 'zstd', 'identity'] as const
export type Coding = (typeof CODINGS)[number]

/** A body in the codings that every browser takes; undefined for one that is short, or does not get shorter. */
export function compress(body: Buffer): Encoded | undefined {
  if (body.byteLength < WORTH_IT) return undefined
  const encoded = { br: brotliCompressSync(body, brotliOptions(body)), gzip: gzipSync(body) }
  return encoded.gzip.byteLength < body.byteLength ? encoded : undefined
}

/** The same for what is large, beside what else the process does. */
export async function compressLarge(body: Buffer): Promise<Encoded> {
  const [br, zipped] = await Promise.all([
    promisify(brotliCompress)(body, brotliOptions(body)),
    promisify(gzip)(body, { level: constants.Z_BEST_COMPRESSION }),
  ])
  return { br, gzip: zipped }
}

function brotliOptions({ byteLength }: Buffer) {
  return {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: byteLength,
    },
  }
}

/** Made for the few clients that take neither of those that are kept. */
export function zstd(body: Buffer): Buffer {
  return zstdCompressSync(body)
}

/** What clients send hardly differs, and is read on every hit. */
const known = new RecentlyUsed<Coding>(100)
const LONGEST_KNOWN = 200

/**
 * The coding that a client prefers (RFC 9110, 12.5.3). One that takes nothing at all is sent the body as it is.
 * @param accepted its `Accept-Encoding`
 */
export function preferredCoding(accepted: string | undefined): Coding {
  if (accepted === undefined) return 'identity'
  let coding = known.get(accepted)
  if (coding === undefined) {
    const negotiator = new Negotiator({ headers: { 'accept-encoding': accepted } })
    coding = negotiator.encoding(CODINGS, { preferred: CODINGS }) ?? 'identity'
    if (accepted.length <= LONGEST_KNOWN) known.set(accepted, coding)
  }
  return coding
}

/** The entity tag of a body in a coding: other bytes, another tag (RFC 9110, 8.8.3.3). Tags of ours hold no dot. */
export function codedTag(etag: string, coding: Coding): string {
  return coding === 'identity' ? etag : `${etag.slice(0, -1)}.${coding}"`
}

/** The tag of the body as it is, of one in whatever coding. */
export function plainTag(etag: string): string {
  return etag.replace(/\.(?:br|gzip|zstd)"$/, '"')
}
