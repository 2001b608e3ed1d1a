/** Run by `part.ts` with `--expose-gc`, and the megabytes to fill: tells it what entries take. */
import { hash, randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoredEntry } from '../../src/adapters/cache/entry-format.ts'
import { EntryStore } from '../../src/adapters/cache/entry-store.ts'
import { SystemClock } from '../../src/adapters/system/system-clock.ts'

/** On average for each entry, in bytes. */
export interface Taken {
  readonly bodyBytes: number
  readonly entries: number
  readonly taken: number
  /** Towards `CACHE_MAX_MB`. */
  readonly counted: number
}

const BODIES = [64, 200, 4_000, 20_000]
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

const sizes: Taken[] = []
for (const bodyBytes of BODIES) sizes.push(await measure(bodyBytes))
process.send?.(sizes)
