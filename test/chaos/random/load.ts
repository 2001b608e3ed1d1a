import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../../support/api.ts'
import type { Fleet } from '../../support/fleet.ts'
import type { Seeded } from './seeded.ts'

/** One request as its client saw it. Times are the driver's `performance.now()`. */
export interface Request {
  readonly kind: 'read' | 'write'
  readonly instance: number
  readonly path: string
  readonly invokedAt: number
  readonly endedAt: number
  /** Undefined: no answer came. */
  readonly status: number | undefined
  readonly cacheStatus: string | undefined
  /** What it wrote, or what it read, of each market. */
  readonly names: ReadonlyMap<string, string>
}

export interface Load {
  readonly fleet: Fleet
  /** Ids. */
  readonly markets: readonly string[]
  /** Of a vendor who is accepted at every market. */
  readonly vendorId: string
  readonly log: Request[]
  readonly over: AbortSignal
}

/** Renames random markets at random instances, each time to a name that was never used before. */
export async function write({ fleet, markets, log, over }: Load, prefix: string, random: Seeded) {
  for (let i = 0; !over.aborted; i++) {
    const id = random.pick(markets)
    const instance = Math.floor(random.next() * fleet.instances.length)
    const { url } = fleet.instances[instance]!.service
    const name = `${prefix}-${i}`
    const path = `/markets/${id}`
    const request = await timed(() => fleet.rosa.api.at(url).put(path, { name }))
    log.push({ kind: 'write', instance, path, ...request.times, names: new Map([[id, name]]) })
    await sleep(request.answer?.status !== 200 ? 100 : random.between(10, 120))
  }
}

/** Reads what shows a market's name, at random instances: its detail, its vendor's profile, the listings. */
export async function read(load: Load, random: Seeded): Promise<void> {
  const { fleet, markets, vendorId, log, over } = load
  const shared = [`/vendors/${vendorId}`, '/markets?page_size=100', '/markets?city=Lisbon']
  while (!over.aborted) {
    const instance = Math.floor(random.next() * fleet.instances.length)
    const path = random.pick([`/markets/${random.pick(markets)}`, random.pick(shared)])
    const { api } = fleet.instances[instance]!
    const { times, answer } = await timed(() => api.get(path))
    log.push({ kind: 'read', instance, path, ...times, names: namesIn(answer, markets) })
    // Whoever refuses does so at once, and would be asked all the time.
    await sleep(answer?.status !== 200 ? 100 : random.between(1, 15))
  }
}

/** The names of the markets that the load writes, as far as the answer shows them. */
function namesIn(answer: Answer | undefined, markets: readonly string[]): Map<string, string> {
  if (answer?.status !== 200) return new Map()
  const shown: { id: string; name: string }[] = answer.body.markets ?? [answer.body]
  return new Map(shown.filter(({ id }) => markets.includes(id)).map(({ id, name }) => [id, name]))
}

async function timed(send: () => Promise<Answer>) {
  const invokedAt = performance.now()
  const answer = await send().catch(() => undefined)
  const endedAt = performance.now()
  const cacheStatus = answer?.headers.get('cache-status') ?? undefined
  return { answer, times: { invokedAt, endedAt, status: answer?.status, cacheStatus } }
}
