import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import pLimit from 'p-limit'
import { describe, expect, test } from 'vitest'
import { bound, deadlinesOf } from '../../src/application/consistency/bound.ts'
import { joinKey } from '../../src/application/consistency/cache-key.ts'
import type { CachePort } from '../../src/application/consistency/ports/cache-port.ts'
import type { View } from '../../src/application/consistency/view.ts'
import { type Consistency, wireConsistency } from '../../src/application/consistency/wire.ts'
import { BrokenRule, type CacheTraits, untilUsable } from './cache-contract.ts'
import { type Counters, type CounterTransaction, MemoryDatabase, MemoryLog } from './memory-database.ts'
import { ClockPutForward, RealRandom } from './sources.ts'

export interface ModelTraits extends Pick<CacheTraits, 'remembers' | 'advance' | 'loseStamp'> {
  /** What else may befall the adapter or its server, by name: `flush`, say. */
  readonly mishaps?: Readonly<Record<string, () => void | Promise<void>>>
  /** How many histories; 10. */
  readonly runs?: number
}

const LEASE_MS = 500
/** Generous, on a busy machine: what a call may take at most. */
const TIMEOUT_MS = 2_000
const ITEMS = [0, 1, 2, 3]
const SHELVES = [0, 1]
const shelfOf = (item: number) => item % SHELVES.length

/** One item on its shelf: it depends on both, so it has two tags. In a space of names of its own. */
const itemViewIn = (space: string): View<number, string, Counters> => ({
  name: 'item',
  ttlS: 100,
  schema: { parse: String },
  key: (item) => joinKey(space, 'item', item),
  tags: (item) => [`${space}:${joinKey('item', item)}`, `${space}:${joinKey('shelf', shelfOf(item))}`],
  load: async (source, item) => ({ value: valueIn(source, item) }),
})

function valueIn(source: Counters, item: number): string {
  return `${source.count(`item:${item}`)} on shelf ${source.count(`shelf:${shelfOf(item)}`)}`
}

type Action =
  | { readonly do: 'write'; readonly via: number; readonly tag: string }
  /** A read that loads while this is written. */
  | { readonly do: 'race'; readonly via: number; readonly item: number }
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'reset'; readonly which: number }
  | { readonly do: 'lose the stamp of'; readonly tag: string }
  | { readonly do: 'mishap'; readonly name: string }

const tag = fc.constantFrom(
  ...ITEMS.map((item) => joinKey('item', item)),
  ...SHELVES.map((shelf) => joinKey('shelf', shelf)),
)
const oneOfTwo = fc.nat(1)

function histories({ loseStamp, mishaps = {} }: ModelTraits): fc.Arbitrary<Action[]> {
  const names = Object.keys(mishaps)
  const action = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), via: oneOfTwo, tag }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('race' as const),
        via: oneOfTwo,
        item: fc.constantFrom(...ITEMS),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.constantFrom(20, 200) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const), which: oneOfTwo }) },
    ...(loseStamp === undefined
      ? []
      : [{ weight: 1, arbitrary: fc.record({ do: fc.constant('lose the stamp of' as const), tag }) }]),
    ...(names.length === 0
      ? []
      : [
          {
            weight: 2,
            arbitrary: fc.record({ do: fc.constant('mishap' as const), name: fc.constantFrom(...names) }),
          },
        ]),
  )
  return fc.array(action, { minLength: 8, maxLength: 15, size: 'max' })
}

/**
 * Two instances of the core on the adapter, in random histories of writes and mishaps: after each of them, every read on
 * either instance has to be what the database says. Call it in a test file of yours.
 *
 * @param makeAdapter is called twice for every history; the suite closes what it made
 */
export function modelContract(
  name: string,
  makeAdapter: () => CachePort | Promise<CachePort>,
  traits: ModelTraits,
): void {
  describe(`${name}: model`, { timeout: 120_000 }, () => {
    test('what is read is what the database says, after every write and every mishap', async () => {
      const hits = await checkModel(name, makeAdapter, traits)
      if (traits.remembers) expect(hits, 'reads that were hits').toBeGreaterThan(0)
    })
  })
}

/** How many reads were hits. @throws BrokenRule, with the history, when a read was not what the database says */
export async function checkModel(
  name: string,
  makeAdapter: () => CachePort | Promise<CachePort>,
  traits: ModelTraits,
): Promise<number> {
  let hits = 0
  const result = await fc.check(
    fc.asyncProperty(histories(traits), async (history) => {
      const comparison = new Comparison(name, traits)
      try {
        for (let i = 0; i < 2; i++) await comparison.open(await makeAdapter())
        await comparison.compare('at the beginning')
        for (const action of history) await comparison.perform(action)
        hits += comparison.hits
      } finally {
        await comparison.close()
      }
    }),
    { numRuns: traits.runs ?? 10 },
  )
  if (!result.failed) return hits
  const { errorInstance: error } = result
  const what = error instanceof Error ? error.message : String(error)
  throw new BrokenRule(`${what}\n${await fc.asyncDefaultReportMessage(result)}`, { cause: error })
}

type Core = Consistency<Counters, CounterTransaction, { readonly type: string }>

class Comparison {
  hits = 0
  readonly #name: string
  readonly #traits: ModelTraits
  readonly #clock = new ClockPutForward()
  readonly #database = new MemoryDatabase()
  /** A server may hold what other histories have left. */
  readonly #space = randomUUID()
  readonly #view = itemViewIn(this.#space)
  readonly #instances: { readonly core: Core; readonly adapter: CachePort; readonly log: MemoryLog }[] = []

  constructor(name: string, traits: ModelTraits) {
    this.#name = name
    this.#traits = traits
  }

  async open(adapter: CachePort): Promise<void> {
    await untilUsable(adapter)
    const log = new MemoryLog(this.#database)
    const deadlines = deadlinesOf({ leaseMs: LEASE_MS, timeoutMs: TIMEOUT_MS })
    const core: Core = wireConsistency({
      cache: bound(adapter, deadlines, this.#clock, { failed: () => {}, recovered: () => {} }),
      log,
      snapshots: this.#database.snapshots,
      transactions: this.#database.transactions,
      // What is written is named by its tag.
      tagsOf: (events) => events.map(({ type }) => `${this.#space}:${type}`),
      clock: this.#clock,
      random: new RealRandom(),
      leaseMs: LEASE_MS,
      serveUnverified: false,
      limit: pLimit(8),
      mostLoads: 100,
      observer: {
        read: (_view, { kind }) => {
          if (kind === 'hit') this.hits += 1
        },
        loaded: () => {},
        drained: () => {},
        wrote: () => {},
        shadowChecked: () => {},
      },
    })
    this.#instances.push({ core, adapter, log })
    await core.loop.start()
  }

  async close(): Promise<void> {
    await Promise.all(this.#instances.map(({ core }) => core.loop.finish()))
    await Promise.all(this.#instances.map(({ adapter }) => adapter.close()))
  }

  async perform(action: Action): Promise<void> {
    const said = JSON.stringify(action)
    switch (action.do) {
      case 'write':
        await this.#write(action.via, action.tag)
        break
      case 'race':
        await this.#race(action.via, action.item)
        break
      default:
        await this.#befall(action)
        await this.compare(`right after ${said}`)
        // The cache is back in use now, with what it has kept.
        for (const { core, adapter } of this.#instances) {
          await untilUsable(adapter)
          await core.loop.next()
        }
    }
    // The second time from the cache.
    for (let i = 0; i < 2; i++) await this.compare(`after ${said}`)
  }

  #write(via: number, tag: string): Promise<void> {
    return this.#instances[via]!.core.writes.run(async (tx, record) => {
      tx.increment(tag)
      record({ type: tag })
    })
  }

  /** The load sees the database from before the write, and is stored after it was answered. */
  async #race(via: number, item: number): Promise<void> {
    const { reads } = this.#instances[via]!.core
    await this.#write(via, joinKey('item', item))
    const release = this.#database.holdLoads()
    try {
      const reading = reads.read(this.#view, item)
      await expect.poll(() => this.#database.loadsHeld).toBeGreaterThan(0)
      await this.#write(1 - via, joinKey('item', item))
      release()
      await reading
    } finally {
      release()
    }
  }

  async #befall(action: Exclude<Action, { readonly do: 'write' | 'race' }>): Promise<void> {
    switch (action.do) {
      case 'pass':
        this.#clock.pass(action.seconds * 1000)
        await this.#traits.advance?.(action.seconds * 1000)
        break
      case 'reset':
        this.#instances[action.which]!.adapter.reset()
        break
      case 'lose the stamp of':
        await this.#traits.loseStamp?.(this.#instances[0]!.adapter, `${this.#space}:${action.tag}`)
        break
      case 'mishap':
        await this.#traits.mishaps?.[action.name]?.()
    }
  }

  async compare(when: string): Promise<void> {
    for (const [number, { core }] of this.#instances.entries()) {
      for (const item of ITEMS) {
        const reading = await core.reads.read(this.#view, item)
        const [read, is] = [reading.value(), valueIn(this.#database, item)]
        if (read === is) continue
        throw new BrokenRule(
          `${this.#name} breaks the promise: ${when}, instance ${number} reads item ${item} as «${read}» (${reading.status.kind}), and the database says «${is}»`,
        )
      }
    }
  }
}
