import slotOf from 'cluster-key-slot'
import { beforeEach, expect, it } from 'vitest'
import { ClusterCommands } from '../../../src/adapters/cache/cluster-commands.ts'
import { RedisCommands, RedisRefusal, type StampsMade } from '../../../src/adapters/cache/redis-commands.ts'

/** Answers every key with its own name and the key's. */
class Master extends RedisCommands {
  readonly #end = Promise.withResolvers<void>()
  readonly ended = this.#end.promise
  alive = true
  readonly name: string
  readonly deleted: (readonly string[])[] = []
  readonly kept: string[] = []
  readonly leases: string[] = []

  constructor(name: string) {
    super()
    this.name = name
  }

  async read(keys: readonly string[]): Promise<Buffer[]> {
    return keys.map((key) => Buffer.from(`${this.name} ${key}`))
  }

  async makeStamps(tokens: ReadonlyMap<string, string>, leases: Iterable<string>): Promise<StampsMade> {
    const stamps = Array.from(tokens, ([key, token]) => Buffer.from(`${this.name} ${key} ${token}`))
    this.leases.push(...leases)
    return { stamps, taken: new Set(this.leases.slice(0, 1)) }
  }

  async set(key: string, value: Buffer, keepMs: number): Promise<void> {
    this.kept.push(`${key} ${value} ${keepMs}`)
  }

  async deleteAndVerify(keys: readonly string[]): Promise<void> {
    this.deleted.push(keys)
  }

  close(): void {
    this.alive = false
    this.#end.resolve()
  }
}

let even: Master
let odd: Master
/** Keys of the two masters, in turns. */
let keys: readonly string[]

beforeEach(() => {
  even = new Master('even')
  odd = new Master('odd')
  const names = Array.from({ length: 50 }, (_, i) => `key-${i}`)
  const [evens, odds] = [0, 1].map((rest) => names.filter((name) => slotOf(name) % 2 === rest))
  keys = [evens![0]!, odds![0]!, evens![1]!, odds![1]!]
})

function cluster(owns: (slot: number) => boolean = () => true): ClusterCommands {
  const owners = new Array<Master>(16_384)
  for (let slot = 0; slot < owners.length; slot++) if (owns(slot)) owners[slot] = slot % 2 === 0 ? even : odd
  return new ClusterCommands([even, odd], owners)
}

const texts = (values: readonly (Buffer | null)[]) => values.map(String)

it('puts the answers of several masters in the order of the keys', async () => {
  const owners = ['even', 'odd', 'even', 'odd']
  expect(texts(await cluster().read(keys))).toEqual(keys.map((key, i) => `${owners[i]} ${key}`))
  const tokens = new Map(keys.map((key, i) => [key, `token-${i}`]))
  const leases = keys.map((key) => `lease of {${key}}`)
  const { stamps, taken } = await cluster().makeStamps(tokens, leases)
  expect(texts(stamps)).toEqual(keys.map((key, i) => `${owners[i]} ${key} token-${i}`))
  expect([even.leases, odd.leases]).toEqual([
    [leases[0], leases[2]],
    [leases[1], leases[3]],
  ])
  expect([...taken].sort()).toEqual([leases[0], leases[1]].sort())
})

it('asks no node when there is nothing to ask', async () => {
  expect(await cluster().read([])).toEqual([])
})

it('keeps a value where its key belongs', async () => {
  await cluster().set(keys[1]!, Buffer.from('v'), 10)
  expect([even.kept, odd.kept]).toEqual([[], [`${keys[1]} v 10`]])
})

it('asks also a master without a key among those deleted whether it still is one', async () => {
  await cluster().deleteAndVerify([keys[0]!, keys[2]!], 'absent')
  expect(even.deleted).toEqual([[keys[0], keys[2]]])
  expect(odd.deleted).toEqual([[]])
})

it('refuses a key whose slot no node owns', async () => {
  const orphaned = cluster((slot) => slot % 2 === 0)
  const refused = orphaned.read(keys)
  await expect(refused).rejects.toBeInstanceOf(RedisRefusal)
  await expect(refused).rejects.toMatchObject({
    code: 'CLUSTERDOWN',
    message: `CLUSTERDOWN No master owns the slot of ${keys[1]}`,
  })
})

it('is alive only while every master is', () => {
  const commands = cluster()
  expect(commands.alive).toBe(true)
  odd.alive = false
  expect(commands.alive).toBe(false)
})

it('ends, and ends the other connections, with the first that ends', async () => {
  const commands = cluster()
  await new Promise(setImmediate)
  expect(commands.alive).toBe(true)
  odd.close()
  await commands.ended
  expect(even.alive).toBe(false)
})
