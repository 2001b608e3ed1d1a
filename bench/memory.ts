/**
 * What an entry of the in-process cache takes in memory (heap, and buffers outside of it), against what the bound
 * `CACHE_MAX_MB` counts for it. `npm run bench:memory -- --megabytes 48`
 */
import { hash, randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { EntryStore } from '../src/adapters/cache/entry-store.ts'
import type { StoredEntry } from '../src/adapters/cache/stored-entry.ts'
import { SystemClock } from '../src/adapters/system/system-clock.ts'
import { describeMachine, thisMachine } from './support/machine.ts'
import { wholeOptions } from './support/options.ts'
import { publish, publishJson, ratio, table } from './support/report.ts'

const BODIES = [64, 200, 4_000, 20_000]
const WARM_UP_ENTRIES = 200
const FOREVER_MS = 1e9

const { megabytes } = wholeOptions({ megabytes: 48 })
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

async function measure(bodyBytes: number) {
  const store = new EntryStore(Number.MAX_SAFE_INTEGER, new SystemClock())
  for (let i = 0; i < WARM_UP_ENTRIES; i++) store.set(`warm:${i}`, loaded(bodyBytes), FOREVER_MS)
  store.clear()
  const entries = Math.round((megabytes * 1e6) / (bodyBytes + 1_000))
  const before = await inUse()
  for (let i = 0; i < entries; i++)
    store.set(received(`market:${randomUUID()}:view`), loaded(bodyBytes), FOREVER_MS)
  const taken = (await inUse()) - before
  return {
    bodyBytes,
    entries,
    taken: taken / entries,
    counted: store.bytes / entries,
    ratio: taken / store.bytes,
  }
}

const machine = await thisMachine()
const sizes = []
for (const bodyBytes of BODIES) sizes.push(await measure(bodyBytes))

await publishJson('memory.json', { at: new Date().toISOString(), machine, sizes })
await publish('memory.md', [
  '# What a cached entry takes in memory',
  describeMachine(machine),
  'Heap and external memory of one process after garbage collection, per entry in the in-process cache; random bodies, two tags. The bound `CACHE_MAX_MB` is on what is counted, so a ratio below 1 means that less is taken than allowed.',
  table(
    ['body, bytes', 'entries', 'bytes taken', 'bytes counted', 'taken / counted'],
    sizes.map(({ bodyBytes, entries, taken, counted, ratio: share }) => [
      bodyBytes.toLocaleString('en'),
      entries.toLocaleString('en'),
      Math.round(taken).toLocaleString('en'),
      Math.round(counted).toLocaleString('en'),
      ratio(share),
    ]),
  ),
  '`npm run bench:memory` measures it anew.',
])
