import type { Redis } from 'ioredis'
import { ClusterCommands } from './cluster-commands.ts'
import { MasterConnection } from './master-connection.ts'
import { connect, createClient, createSibling } from './redis-client.ts'
import { RedisRefusal } from './redis-commands.ts'

const SLOTS = 16_384

/** As `CLUSTER SLOTS` tells it: first and last slot, then the master's host, port and id, then its replicas. */
type SlotRange = readonly [first: number, last: number, master: readonly [host: string | null, port: number]]

/**
 * Asks one node for the topology, and connects to every master in it.
 * @throws RedisRefusal `CLUSTERDOWN` while a slot has no owner; what a node or its connection said, as it was said.
 */
export async function openCluster(url: string, signal: AbortSignal): Promise<ClusterCommands> {
  const seed = createClient(url)
  const abort = () => seed.disconnect()
  signal.addEventListener('abort', abort)
  try {
    await connect(seed)
    const ranges = (await seed.cluster('SLOTS')) as unknown as readonly SlotRange[]
    return await connectMasters(seed, ranges, signal)
  } finally {
    signal.removeEventListener('abort', abort)
    seed.disconnect()
  }
}

async function connectMasters(
  seed: Redis,
  ranges: readonly SlotRange[],
  signal: AbortSignal,
): Promise<ClusterCommands> {
  const addresses = new Map(ranges.map((range) => [addressOf(seed, range), masterOf(seed, range)]))
  const attempts = await Promise.allSettled(
    Array.from(addresses, async ([address, { host, port }]) => {
      return [address, await MasterConnection.open(createSibling(seed, host, port), true, signal)] as const
    }),
  )
  const masters = new Map(
    attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : [])),
  )
  try {
    for (const attempt of attempts) if (attempt.status === 'rejected') throw attempt.reason
    const owners = new Array<MasterConnection>(SLOTS)
    for (const range of ranges) owners.fill(masters.get(addressOf(seed, range))!, range[0], range[1] + 1)
    if (owners.includes(undefined!)) throw new RedisRefusal('CLUSTERDOWN A slot has no owner')
    return new ClusterCommands([...masters.values()], owners)
  } catch (error) {
    for (const master of masters.values()) master.close()
    throw error
  }
}

function addressOf(seed: Redis, range: SlotRange): string {
  const { host, port } = masterOf(seed, range)
  return `${host}:${port}`
}

/** A node that does not know its own name says so by an empty one: it is the node that was asked. */
function masterOf(seed: Redis, [, , [host, port]]: SlotRange): { host: string; port: number } {
  return { host: host || (seed.options.host ?? '127.0.0.1'), port }
}
