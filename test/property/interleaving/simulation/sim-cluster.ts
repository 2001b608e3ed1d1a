import slotOf from 'cluster-key-slot'
import { ClusterCommands } from '../../../../src/adapters/cache/cluster-commands.ts'
import { Keyspace } from '../../../../src/adapters/cache/keyspace.ts'
import { type RedisCommands, RedisRefusal } from '../../../../src/adapters/cache/redis-commands.ts'
import type { Host } from './host.ts'
import type { Server } from './network.ts'
import type { Prng } from './prng.ts'
import { type RedisAccess, SimConnection, SimRedis } from './sim-redis.ts'
import { versionView } from './version-view.ts'

/** The nodes of the cluster, as the network calls them. */
export const NODES: readonly Server[] = ['redis', 'redis 2']

interface Move {
  readonly slot: number
  readonly to: number
}

/** A Redis Cluster of two masters, each with its replica: whose slot is whose, and which is on its way. */
export class SimCluster {
  readonly shards: readonly SimRedis[] = NODES.map((_, shard) => new SimRedis(this.#placement(shard)))
  readonly #moved = new Map<number, number>()
  readonly #moving = new Set<Move>()

  /** Odd slots on one, even ones on the other, unless they were moved. */
  ownerOf(slot: number): number {
    return this.#moved.get(slot) ?? slot % NODES.length
  }

  /** Begins to move a slot, and returns what ends it: with that the other node owns it. */
  move(random: Prng): () => void {
    const slot = random.pick(SLOTS_IN_USE)
    const move = { slot, to: (this.ownerOf(slot) + 1) % NODES.length }
    if ([...this.#moving].some((other) => other.slot === slot)) return () => undefined
    this.#moving.add(move)
    // Its keys go first, now or at the last moment; a lookup that finds none there is sent on by ASK.
    if (random.chance(0.5)) this.#migrate(move)
    return () => {
      this.#migrate(move)
      this.#moving.delete(move)
      this.#moved.set(slot, move.to)
    }
  }

  #migrate({ slot, to }: Move): void {
    const from = this.shards[this.ownerOf(slot)]!.master.data
    for (const [key, value] of from) {
      if (slotOf(key) !== slot) continue
      this.shards[to]!.master.data.set(key, value)
      from.delete(key)
    }
  }

  #placement(shard: number) {
    return (key: string, present: boolean) => {
      const slot = slotOf(key)
      if (this.ownerOf(slot) !== shard) throw new RedisRefusal(`MOVED ${slot}`)
      if (!present && [...this.#moving].some((move) => move.slot === slot)) {
        throw new RedisRefusal(`ASK ${slot}`)
      }
    }
  }
}

/** As `openCluster` does: asks for the topology, then connects to every master in it, or to none. */
export async function openSimCluster(
  cluster: SimCluster,
  access: RedisAccess,
  host: Host,
  number: number,
): Promise<ClusterCommands> {
  await access.scheduler.wait({ lane: `${host.name} connect`, label: 'CLUSTER SLOTS', host })
  const owners = SLOTS_IN_USE.map((slot) => [slot, cluster.ownerOf(slot)] as const)
  const attempts = await Promise.allSettled(
    cluster.shards.map((redis, shard) =>
      SimConnection.open({ ...access, redis, server: NODES[shard]! }, host, number),
    ),
  )
  const masters = attempts.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  for (const attempt of attempts) {
    if (attempt.status === 'fulfilled') continue
    for (const master of masters) master.close()
    throw attempt.reason
  }
  const bySlot: RedisCommands[] = []
  for (const [slot, shard] of owners) bySlot[slot] = masters[shard]!
  return new ClusterCommands(masters, bySlot)
}

/** Of every key that a schedule can name. */
const SLOTS_IN_USE: readonly number[] = (() => {
  const keyspace = new Keyspace('')
  const names = ['a', 'b'].flatMap((id) => [
    keyspace.entry(versionView.key({ id })),
    ...versionView.tags({ id }).map((tag) => keyspace.stamp(tag)),
  ])
  return [...new Set(names.map((name) => slotOf(name)))]
})()
