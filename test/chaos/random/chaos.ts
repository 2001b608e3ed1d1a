import { setTimeout as sleep } from 'node:timers/promises'
import { activeMarket, applied, vendor } from '../../support/api.ts'
import { type Fleet, type FleetOptions, startFleet } from '../../support/fleet.ts'
import { type Fault, lanesOf } from './faults.ts'
import { type Load, type Request, read, write } from './load.ts'
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
    const { requests, faults } = await underFaults(fleet, redis, town, options)
    await Promise.all(fleet.instances.map(({ service }) => service.kill()))
    return { requests, faults, versions: await committedVersions(fleet.databaseUrl) }
  } finally {
    await fleet.stop()
    await redis.stop()
  }
}

/** Markets with one vendor who is at all of them, so that a market's name is also part of another's view. */
async function openMarkets(fleet: Fleet): Promise<Pick<Load, 'markets' | 'vendorId'>> {
  const vera = await vendor(fleet.instances[0]!.api)
  const markets: string[] = []
  for (let i = 0; i < MARKETS; i++) {
    const id = await activeMarket(fleet.rosa, { name: `first-${i}` })
    const { status, text } = await fleet.rosa.api.post(`/applications/${await applied(vera, id)}/accept`)
    if (status !== 200) throw new Error(`accept: ${status} ${text}`)
    markets.push(id)
  }
  return { markets, vendorId: vera.vendorId }
}

async function underFaults(
  fleet: Fleet,
  redis: RedisPair,
  town: Pick<Load, 'markets' | 'vendorId'>,
  options: ChaosOptions,
) {
  const { seed, ms, stop = new AbortController().signal } = options
  const requests: Request[] = []
  const loadOver = new AbortController()
  const load: Load = { fleet, ...town, log: requests, over: loadOver.signal }
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
