import slotOf from 'cluster-key-slot'
import { RedisCommands, RedisRefusal, type StampsMade } from './redis-commands.ts'

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

  async makeStamps(tokens: ReadonlyMap<string, string>, leases: Iterable<string>): Promise<StampsMade> {
    const taken = new Set<string>()
    const stamps = await this.#gather([...tokens.keys(), ...leases], async (master, part) => {
      const ofStamps = part.filter((key) => tokens.has(key))
      const made = await master.makeStamps(
        new Map(ofStamps.map((key) => [key, tokens.get(key)!])),
        part.slice(ofStamps.length),
      )
      for (const lease of made.taken) taken.add(lease)
      return made.stamps
    })
    return { stamps: stamps.slice(0, tokens.size), taken }
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
