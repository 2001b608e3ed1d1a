import slotOf from 'cluster-key-slot'
import type { Redis } from 'ioredis'
import { MasterConnection } from './master-connection.ts'
import { connect, createClient, createSibling } from './redis-client.ts'
import { RedisCommands, RedisRefusal } from './redis-commands.ts'

/**
 * The commands of one server, spread over the masters of a cluster by their keys' slots, in parallel. The first
 * connection that ends, for whatever reason (a slot that moved, too), ends them all: a new topology is a new session.
 */
export class ClusterCommands extends RedisCommands {
  readonly ended: Promise<void>
  readonly #masters: readonly RedisCommands[]
  readonly #owners: readonly RedisCommands[]

  /** @param owners by slot. */
  constructor(masters: readonly RedisCommands[], owners: readonly RedisCommands[]) {
    super()
    this.#masters = masters
    this.#owners = owners
    this.ended = Promise.race(masters.map((master) => master.ended)).then(() => this.close())
  }

  get alive(): boolean {
    return this.#masters.every((master) => master.alive)
  }

  close(): void {
    for (const master of this.#masters) master.close()
  }

  read(keys: readonly string[]): Promise<readonly (Buffer | null)[]> {
    return this.#gather(keys, (master, part) => master.read(part))
  }

  makeStamps(tokens: ReadonlyMap<string, string>): Promise<readonly (Buffer | null)[]> {
    return this.#gather([...tokens.keys()], (master, part) =>
      master.makeStamps(new Map(part.map((key) => [key, tokens.get(key)!]))),
    )
  }

  set(key: string, value: Buffer, keepMs: number): Promise<void> {
    return this.#owner(key).set(key, value, keepMs)
  }

  async deleteAndVerify(keys: readonly string[], absent: string): Promise<void> {
    const parts = this.#split(keys)
    const nothing: readonly number[] = []
    await Promise.all(
      this.#masters.map((master) =>
        master.deleteAndVerify(
          (parts.get(master) ?? nothing).map((position) => keys[position]!),
          absent,
        ),
      ),
    )
  }

  /** Asks each key's owner, and puts the answers in the keys' order. */
  async #gather<T>(
    keys: readonly string[],
    ask: (master: RedisCommands, part: readonly string[]) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const answers = new Array<T>(keys.length)
    await Promise.all(
      Array.from(this.#split(keys), async ([master, positions]) => {
        const part = await ask(
          master,
          positions.map((position) => keys[position]!),
        )
        for (const [i, position] of positions.entries()) answers[position] = part[i]!
      }),
    )
    return answers
  }

  /** The positions of each master's keys. */
  #split(keys: readonly string[]): Map<RedisCommands, number[]> {
    const parts = new Map<RedisCommands, number[]>()
    for (const [position, key] of keys.entries()) {
      const owner = this.#owner(key)
      const part = parts.get(owner)
      if (part === undefined) parts.set(owner, [position])
      else part.push(position)
    }
    return parts
  }

  #owner(key: string): RedisCommands {
    const owner = this.#owners[slotOf(key)]
    if (owner === undefined) throw new RedisRefusal(`CLUSTERDOWN No master owns the slot of ${key}`)
    return owner
  }
}

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
