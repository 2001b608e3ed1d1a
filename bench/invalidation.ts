/**
 * How long it takes to invalidate ten pages among 10, 10², … 10⁶ other entries: by a tag's stamp, and by patterns.
 * `npm run bench:invalidation -- --max 100000` stops earlier.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { RedisCache } from '../src/adapters/cache/redis-cache.ts'
import type { RedisSession } from '../src/adapters/cache/redis-session.ts'
import { SystemClock } from '../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../src/adapters/system/system-random.ts'
import { startRedis } from '../test/support/redis.ts'
import { AffectedPages } from './invalidation/affected-pages.ts'
import { keysAndDelete, scanAndDelete } from './invalidation/by-pattern.ts'
import { OtherEntries } from './invalidation/other-entries.ts'
import { describeMachine, redisVersion, thisMachine } from './support/machine.ts'
import { wholeOptions } from './support/options.ts'
import { milliseconds, publish, publishJson, ratio, table } from './support/report.ts'
import { median, timed } from './support/statistics.ts'

const PREFIX = 'marketflow:'
const BODY = Buffer.from(JSON.stringify({ name: 'Harbor Market', description: 'x'.repeat(160) }))
/** Far above what is measured: a lookup that times out on a busy machine would end the run. */
const PATIENCE_MS = 10_000
/** Until the code is compiled, or the smallest size would look slow beside the others. */
const WARM_UP_ROUNDS = 500

type Method = 'tag' | 'scan' | 'keys'

interface Size {
  readonly entries: number
  readonly rounds: number
  readonly medianMs: Record<Method, number>
}

const { max } = wholeOptions({ max: 1_000_000 })
const machine = await thisMachine()
const redis = await startRedis()
const client = new Redis(redis.port)
const deadlines = { timeoutMs: PATIENCE_MS, invalidateTimeoutMs: PATIENCE_MS }
const cache = new RedisCache(
  { url: redis.url, prefix: PREFIX, ...deadlines },
  new SystemClock(),
  new SystemRandom(),
)
try {
  const session = await opened(cache)
  const others = new OtherEntries(client, PREFIX, BODY)
  const pages = new AffectedPages(session, BODY)
  await measure(session, pages, WARM_UP_ROUNDS)
  const sizes: Size[] = []
  for (let entries = 10; entries <= max; entries *= 10) {
    await others.growTo(entries)
    const rounds = roundsFor(entries)
    sizes.push({ entries, rounds, medianMs: await measure(session, pages, rounds) })
    console.error(`measured ${entries.toLocaleString('en')} entries`)
  }
  await report(sizes, await redisVersion(redis))
} finally {
  await cache.close()
  client.disconnect()
  await redis.stop()
}

async function opened(cache: RedisCache): Promise<RedisSession> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const session = cache.session()
    if (session !== undefined) return session
    await sleep(25)
  }
  throw new Error('Redis does not answer')
}

/** Many for what takes microseconds, few for what takes seconds. */
function roundsFor(entries: number): number {
  return Math.max(7, Math.min(101, Math.floor(1_000_000 / entries)))
}

/** Takes turns, so that whatever else the machine does meanwhile meets every method alike. */
async function measure(
  session: RedisSession,
  pages: AffectedPages,
  rounds: number,
): Promise<Record<Method, number>> {
  const pattern = PREFIX + AffectedPages.pattern
  const methods: Record<Method, () => Promise<void>> = {
    tag: () => session.invalidate([pages.tag]),
    scan: () => scanAndDelete(client, pattern),
    keys: () => keysAndDelete(client, pattern),
  }
  const samples: Record<Method, number[]> = { tag: [], scan: [], keys: [] }
  for (let round = 0; round < rounds; round++) {
    for (const method of ['tag', 'scan', 'keys'] as const) {
      await pages.fill()
      samples[method].push(await timed(methods[method]))
      await pages.expectGone()
    }
  }
  return { tag: median(samples.tag), scan: median(samples.scan), keys: median(samples.keys) }
}

async function report(sizes: readonly Size[], redisVersion: string): Promise<void> {
  const base = sizes[0]!.medianMs
  const rows = sizes.map(({ entries, medianMs, rounds }) => [
    entries.toLocaleString('en'),
    ...(['tag', 'scan', 'keys'] as const).map((method) => ratio(medianMs[method] / base[method])),
    ...(['tag', 'scan', 'keys'] as const).map((method) => milliseconds(medianMs[method])),
    String(rounds),
  ])
  await publish('invalidation.md', [
    '# What an invalidation costs',
    `A write makes ${AffectedPages.count} cached pages old. The table says how much longer it takes to be rid of them when Redis holds more *other* entries, each method relative to itself at 10 entries; then the medians in milliseconds. *Tag* is Marketflow's own: it deletes the tag's stamp. *SCAN* and *KEYS* delete by key pattern (\`COUNT 1000\`). After every invalidation all pages are looked up, and none may be served.`,
    table(
      ['other entries', 'tag', 'SCAN + DEL', 'KEYS + DEL', 'tag', 'SCAN + DEL', 'KEYS + DEL', 'rounds'],
      rows,
    ),
    'With few entries the methods are alike: a round trip or two each. While `KEYS` runs, the server answers nobody else.',
    `Measured by \`npm run bench:invalidation\`, the methods taking turns in one run, on ${describeMachine(machine)}; Redis ${redisVersion}, entries of ${BODY.byteLength} bytes in the product's format.`,
  ])
  await publishJson('invalidation.json', {
    machine,
    redis: redisVersion,
    affected: AffectedPages.count,
    sizes,
  })
}
