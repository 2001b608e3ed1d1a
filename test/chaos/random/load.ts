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

export interface Market {
  readonly id: string
  readonly slug: string
}

export interface Load {
  readonly fleet: Fleet
  readonly markets: readonly Market[]
  readonly log: Request[]
  readonly over: AbortSignal
}

/** Renames random markets at random instances, each time to a name that was never used before. */
export async function write({ fleet, markets, log, over }: Load, prefix: string, random: Seeded) {
  for (let i = 0; !over.aborted; i++) {
    const { id } = random.pick(markets)
    const instance = Math.floor(random.next() * fleet.instances.length)
    const { url } = fleet.instances[instance]!.service
    const name = `${prefix}-${i}.`
    const path = `/markets/${id}`
    const request = await timed(() => fleet.rosa.api.at(url).put(path, { name }))
    log.push({ kind: 'write', instance, path, ...request.times, names: new Map([[id, name]]) })
    await sleep(request.answer?.status !== 200 ? 100 : random.between(10, 120))
  }
}

/** Reads what shows a market's name, at random instances: its detail, its page, the listing of all. */
export async function read({ fleet, markets, log, over }: Load, random: Seeded): Promise<void> {
  while (!over.aborted) {
    const market = random.pick(markets)
    const instance = Math.floor(random.next() * fleet.instances.length)
    const path = random.pick([`/markets/${market.id}`, `/markets/${market.id}`, `/m/${market.slug}`, LISTING])
    const { api } = fleet.instances[instance]!
    const { times, answer } = await timed(() => api.get(path))
    log.push({ kind: 'read', instance, path, ...times, names: namesIn(answer, market, markets) })
    // Whoever refuses does so at once, and would be asked all the time.
    await sleep(answer?.status !== 200 ? 100 : random.between(1, 15))
  }
}

const LISTING = '/markets?page_size=100'

function namesIn(answer: Answer | undefined, market: Market, all: readonly Market[]): Map<string, string> {
  if (answer?.status !== 200) return new Map()
  if (answer.body === undefined) return new Map([[market.id, NAME.exec(answer.text)?.[0] ?? answer.text]])
  const shown: { id: string; name: string }[] = answer.body.markets ?? [answer.body]
  const names = new Map(shown.map(({ id, name }) => [id, name]))
  return new Map(all.flatMap(({ id }) => (names.has(id) ? [[id, names.get(id)!]] : [])))
}

/** Names end in a full stop, so that none begins another. */
const NAME = /[a-z]+\d*-\d+\./

async function timed(send: () => Promise<Answer>) {
  const invokedAt = performance.now()
  const answer = await send().catch(() => undefined)
  const endedAt = performance.now()
  const cacheStatus = answer?.headers.get('cache-status') ?? undefined
  return { answer, times: { invokedAt, endedAt, status: answer?.status, cacheStatus } }
}
