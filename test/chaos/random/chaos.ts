import { setTimeout as sleep } from 'node:timers/promises'
import { activeMarket, applied, vendor } from '../../support/api.ts'
import { type Fleet, type FleetOptions, startFleet } from '../../support/fleet.ts'
import { CONFIRMED } from '../confirmed.ts'
import { type Fault, lanesOf } from './faults.ts'
import { type Load, type Request, read, write } from './load.ts'
import type { Town } from './looks.ts'
import { RedisPair } from './redis-pair.ts'
import { Seeded } from './seeded.ts'
import { committedVersions, numberTheNames } from './versions.ts'

export interface ChaosOptions {
  readonly seed: number
  /** How long faults come and go, in ms; starting and stopping everything comes on top. */
  readonly ms: number
  readonly cache?: NonNullable<FleetOptions['cache']>
  readonly entry?: NonNullable<FleetOptions['entry']>
  /** Ends it early. */
  readonly stop?: AbortSignal
}

export interface History {
  readonly requests: readonly Request[]
  /** Of every name that was ever committed. */
  readonly versions: ReadonlyMap<string, number>
  /** How often writes were answered in which way, as the processes tell it. */
  readonly confirmations: ReadonlyMap<string, number>
  /** How often each kind of fault happened. */
  readonly faults: ReadonlyMap<string, number>
}

const MARKETS = 4
const WRITERS = 2
const READERS = 4
/** Without faults, at the end: the fleet recovers, and goes on being read and written. */
const CALM_MS = 2000

/** Loads three real processes while faults come and go. What becomes of it is for `judge` to say. */
export async function chaos(options: ChaosOptions): Promise<History> {
  const { cache = 'tiered', entry = 'test/chaos/misbehaving-main.ts' } = options
  const fleet = await startFleet({ size: 3, cache, entry })
  const redis = await RedisPair.beside(fleet)
  try {
    await numberTheNames(fleet.databaseUrl)
    const town = await openMarkets(fleet)
    const before = confirmationsOf(fleet)
    const { requests, faults } = await underFaults(fleet, redis, town, options)
    await Promise.all(fleet.instances.map(({ service }) => service.kill()))
    const versions = await committedVersions(fleet.databaseUrl)
    return { requests, faults, versions, confirmations: confirmationsOf(fleet, before) }
  } finally {
    await fleet.stop()
    await redis.stop()
  }
}

/** Since those of `before`. */
function confirmationsOf({ instances }: Fleet, before: ReadonlyMap<string, number> = new Map()) {
  const counts = new Map([...before].map(([how, count]) => [how, -count]))
  for (const line of instances.flatMap(({ logs }) => logs.flat())) {
    if (!line.startsWith(CONFIRMED)) continue
    const how = line.slice(CONFIRMED.length)
    counts.set(how, (counts.get(how) ?? 0) + 1)
  }
  return counts
}

/** Markets with one vendor who is at all of them, so that a market's name is also part of another's view. */
async function openMarkets(fleet: Fleet): Promise<Town> {
  const vera = await vendor(fleet.instances[0]!.api)
  const markets = new Map<string, string>()
  for (let i = 0; i < MARKETS; i++) {
    const id = await activeMarket(fleet.rosa, { name: `first-${i}` })
    const { status, text } = await fleet.rosa.api.post(`/applications/${await applied(vera, id)}/accept`)
    if (status !== 200) throw new Error(`accept: ${status} ${text}`)
    markets.set(id, (await fleet.rosa.api.get(`/markets/${id}`)).body.slug)
  }
  return { markets, organizer: fleet.rosa, vendor: vera }
}

async function underFaults(fleet: Fleet, redis: RedisPair, town: Town, options: ChaosOptions) {
  const { seed, ms, stop = new AbortController().signal } = options
  const requests: Request[] = []
  const loadOver = new AbortController()
  const load: Load = { fleet, town, log: requests, over: loadOver.signal }
  const clients = [
    ...Array.from({ length: WRITERS }, (_, i) => write(load, `rev${i}`, new Seeded(seed + 100 + i))),
    ...Array.from({ length: READERS }, (_, i) => read(load, new Seeded(seed + 200 + i))),
  ]
  const faults = new Map<string, number>()
  const faultsOver = AbortSignal.any([AbortSignal.timeout(ms), stop])
  try {
    const lanes = lanesOf(fleet, redis, new Seeded(seed))
    await Promise.all(lanes.map((lane, i) => comeAndGo(lane, new Seeded(seed + 1 + i), faultsOver, faults)))
    await sleep(CALM_MS)
  } finally {
    loadOver.abort()
    await Promise.all(clients)
  }
  return { requests, faults }
}

/** Deals the lane's faults like a deck of cards, so that even a short run sees most kinds. */
async function comeAndGo(
  lane: readonly Fault[],
  random: Seeded,
  over: AbortSignal,
  happened: Map<string, number>,
): Promise<void> {
  const pause = (low: number, high: number) =>
    sleep(random.between(low, high), undefined, { signal: over }).catch(() => undefined)
  for (;;) {
    for (const fault of random.shuffled(lane)) {
      await pause(500, 3000)
      if (over.aborted) return
      happened.set(fault.kind, (happened.get(fault.kind) ?? 0) + 1)
      await fault.happen(() => pause(100, 2200))
    }
  }
}
