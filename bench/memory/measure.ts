/** Run by `part.ts` with `--expose-gc`, and the megabytes to fill: tells it what entries take. */
import { hash, randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { StoredEntry } from '../../src/adapters/cache/entry-format.ts'
import { EntryStore } from '../../src/adapters/cache/entry-store.ts'
import { compress } from '../../src/adapters/http/kit/content-coding.ts'
import { SystemClock } from '../../src/adapters/system/system-clock.ts'
import type { Encoded } from '../../src/application/consistency/ports/cache-port.ts'

/** On average for each entry, in bytes. */
export interface Taken {
  readonly bodyBytes: number
  readonly entries: number
  readonly taken: number
  /** Towards `CACHE_MAX_MB`. */
  readonly counted: number
}

/** A page of markets, kept in one way or another. */
export interface Kept {
  readonly bodyBytes: number
  readonly ways: readonly {
    readonly how: string
    /** Of the page, as `CACHE_MAX_MB` counts it. */
    readonly bytes: number
    /** To have the body as it is for an answer, in µs of CPU. */
    readonly wholeUs: number
  }[]
}

const BODIES = [64, 200, 4_000, 20_000]
/** How many markets are on a page. */
const KEPT_MARKETS = [5, 20, 100]
const WARM_UP_ENTRIES = 200
const FOREVER_MS = 1e9

const megabytes = Number(process.argv[2])
const collect = globalThis.gc
if (collect === undefined) throw new Error('Memory can only be told with node --expose-gc')

/** Every string its own, and every time a number that does not fit a small integer, as in entries that were loaded. */
function loaded(bodyBytes: number): StoredEntry {
  const body = Buffer.from(randomBytes(bodyBytes))
  const now = Date.now()
  const etag = `"${hash('sha1', body, 'base64url')}"`
  const life = { loadedAt: now, expiresAt: now + 60_000, loadMs: Math.random() * 10 }
  return {
    entry: { body, etag, visibleTo: '', ...life },
    fence: [received(randomUUID()), received(randomUUID())],
    keptUntil: now + 120_000,
  }
}

/** As from a socket: a text that was concatenated here would keep all its pieces. */
function received(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** Bytes, once garbage is gone: buffers are only freed a while after what they belonged to. */
async function inUse(): Promise<number> {
  for (let i = 0; i < 8; i++) {
    await collect?.()
    await sleep(20)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function measure(bodyBytes: number): Promise<Taken> {
  const store = new EntryStore(Number.MAX_SAFE_INTEGER, new SystemClock())
  for (let i = 0; i < WARM_UP_ENTRIES; i++) store.set(`warm:${i}`, loaded(bodyBytes), FOREVER_MS)
  store.clear()
  const entries = Math.round((megabytes * 1e6) / (bodyBytes + 1_000))
  const before = await inUse()
  for (let i = 0; i < entries; i++)
    store.set(received(`market:${randomUUID()}:view`), loaded(bodyBytes), FOREVER_MS)
  const taken = (await inUse()) - before
  return { bodyBytes, entries, taken: taken / entries, counted: store.bytes / entries }
}

function waysToKeep(markets: number): Kept {
  const names = ['Harbor', 'Hollywood', 'Park Blocks', 'St. Johns', 'Mueller']
  const summaries = Array.from({ length: markets }, (_, n) => ({
    id: randomUUID(),
    slug: `${names[n % names.length]!.toLowerCase()}-market-${n}`,
    name: `${names[n % names.length]} Market ${n}`,
    city: 'Portland',
    region: 'OR',
    country: 'US',
    time_zone: 'America/Los_Angeles',
    stall_count: 20 + ((n * 7) % 40),
    vendor_count: n % 12,
    unclaimed: n % 3 === 0,
  }))
  const body = Buffer.from(
    JSON.stringify({ markets: summaries, total: markets, page: 1, page_size: markets }),
  )
  const encoded = compress(body)
  if (encoded === undefined) throw new Error('A page that is worth compressing')
  const zstd = zstdCompressSync(body)
  const nothing = Buffer.alloc(0)
  const ways: [string, Buffer, typeof encoded | undefined, () => Buffer][] = [
    ['as it is, alone', body, undefined, () => body],
    ['as it is, in br and in gzip', body, encoded, () => body],
    ['in br and in gzip', nothing, encoded, () => gunzipSync(encoded.gzip)],
    ['in zstd', zstd, undefined, () => zstdDecompressSync(zstd)],
  ]
  return {
    bodyBytes: body.byteLength,
    ways: ways.map(([how, kept, codings, whole]) => ({
      how,
      bytes: counted(kept, codings),
      wholeUs: cpuUs(whole),
    })),
  }
}

function counted(body: Buffer, encoded: Encoded | undefined): number {
  const store = new EntryStore(Number.MAX_SAFE_INTEGER, new SystemClock())
  const stored = loaded(0)
  store.set(
    'listing:markets',
    { ...stored, entry: { ...stored.entry, body, ...(encoded && { encoded }) } },
    FOREVER_MS,
  )
  return store.bytes
}

function cpuUs(work: () => unknown): number {
  const turns = 5000
  for (let i = 0; i < turns; i++) work()
  const before = process.cpuUsage()
  for (let i = 0; i < turns; i++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / turns
}

const sizes: Taken[] = []
for (const bodyBytes of BODIES) sizes.push(await measure(bodyBytes))
process.send?.({ sizes, kept: KEPT_MARKETS.map(waysToKeep) })
