import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, Api } from '../../support/api.ts'
import type { Fleet } from '../../support/fleet.ts'
import { type Look, looksOf, type Town } from './looks.ts'
import type { Seeded } from './seeded.ts'

/** One request as its client saw it. Times are the driver's `performance.now()`. */
export interface Request {
  readonly kind: 'read' | 'write'
  readonly instance: number
  readonly path: string
  /** What is read; undefined for a write. */
  readonly view?: string
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
  readonly town: Town
  readonly log: Request[]
  readonly over: AbortSignal
}

/** Renames random markets at random instances, each time to a name that was never used before. */
export async function write({ fleet, town, log, over }: Load, prefix: string, random: Seeded) {
  const ids = [...town.markets.keys()]
  for (let i = 0; !over.aborted; i++) {
    const id = random.pick(ids)
    const instance = Math.floor(random.next() * fleet.instances.length)
    const { url } = fleet.instances[instance]!.service
    const name = `${prefix}-${i}`
    const path = `/markets/${id}`
    const request = await timed(() => town.organizer.api.at(url).put(path, { name }))
    log.push({ kind: 'write', instance, path, ...request.times, names: new Map([[id, name]]) })
    await sleep(request.answer?.status !== 200 ? 100 : random.between(10, 120))
  }
}

/** Reads what shows a market's name, at random instances: half of the time what shows one, else what shows all. */
export async function read({ fleet, town, log, over }: Load, random: Seeded): Promise<void> {
  const { one, all } = looksOf(town)
  while (!over.aborted) {
    const instance = Math.floor(random.next() * fleet.instances.length)
    const look = random.pick(random.next() < 0.5 ? one : all)
    const { view, path } = look
    const { url } = fleet.instances[instance]!.service
    const { times, answer } = await timed(() => (look.as?.at(url) ?? new Api(url)).get(path))
    log.push({ kind: 'read', instance, path, view, ...times, names: namesIn(look, answer) })
    // An instance that refuses does so at once, and would be asked all the time.
    await sleep(answer?.status !== 200 ? 100 : random.between(1, 15))
  }
}

/** What is to be seen and is not has no name: that, too, is no state of the database. */
function namesIn({ shows, names }: Look, answer: Answer | undefined): Map<string, string> {
  if (answer?.status !== 200) return new Map()
  const seen = names(answer)
  return new Map(shows.map((id) => [id, seen.get(id) ?? '']))
}

async function timed(send: () => Promise<Answer>) {
  const invokedAt = performance.now()
  const answer = await send().catch(() => undefined)
  const endedAt = performance.now()
  const cacheStatus = answer?.headers.get('cache-status') ?? undefined
  return { answer, times: { invokedAt, endedAt, status: answer?.status, cacheStatus } }
}
