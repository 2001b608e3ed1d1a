import { randomUUID } from 'node:crypto'
import { type DotRow, dotPlot } from '../support/dot-plot.ts'
import type { Findings, Part } from '../support/part.ts'
import { table } from '../support/report.ts'
import { median, timed } from '../support/statistics.ts'
import { type Contestant, contestants } from './contestant.ts'
import { openWorld } from './world.ts'

const SIZES = [200, 4000, 100_000]
const AT_ONCE = 64
const BASE = 'cache-aside, as in the textbook'
/** About as long, in ms, an operation is repeated in a turn. */
const TURN_MS = 30
const MOST_REPEATS = 2000

/** Per operation, in µs, a sample per round. */
type Samples = Map<string, number[]>

export const library: Part = {
  name: 'library',
  async run(quick: boolean): Promise<Findings> {
    const rounds = quick ? 2 : 7
    const world = await openWorld()
    const all = await contestants(world)
    try {
      const samples = new Map(all.map(({ name }): [string, Samples] => [name, new Map()]))
      const repeats = new Map<string, number>()
      for (let round = 0; round <= rounds; round++) {
        for (const operation of operations(world.marketId)) {
          for (const contestant of all) {
            const id = `${operation.name} ${contestant.name}`
            const took = await turn(operation, contestant, repeats.get(id) ?? 1)
            // The first round warms up, and tells how often there is time for.
            const often = Math.round(TURN_MS / (took / 1000))
            if (round === 0) repeats.set(id, Math.min(MOST_REPEATS, Math.max(1, often)))
            else push(samples.get(contestant.name)!, operation.name, took / operation.reads)
          }
        }
        console.error(`library: round ${round} of ${rounds}`)
      }
      return findingsOf(all, samples, rounds, world.servers)
    } finally {
      for (const contestant of all) await contestant.close()
      await world.close()
    }
  },
}

interface Operation {
  readonly name: string
  /** How many reads, or writes, one time is. */
  readonly reads: number
  prepare(contestant: Contestant): Promise<unknown>
  run(contestant: Contestant): Promise<unknown>
}

function operations(marketId: string): Operation[] {
  const bySize = SIZES.flatMap((bytes) => {
    const text = JSON.stringify({ text: 'x'.repeat(bytes - 11) })
    const load = async () => text
    const label = bytes < 1000 ? '0.2 kB' : `${bytes / 1000} kB`
    const ids = Array.from({ length: AT_ONCE }, () => randomUUID())
    const readAll = ({ read }: Contestant) => Promise.all(ids.map((id) => read(id, load)))
    return [
      {
        name: `hit, ${label}`,
        reads: 1,
        prepare: ({ read }: Contestant) => read(ids[0]!, load),
        run: ({ read }: Contestant) => read(ids[0]!, load),
      },
      { name: `${AT_ONCE} hits at once, ${label}`, reads: AT_ONCE, prepare: readAll, run: readAll },
      {
        name: `miss, ${label}`,
        reads: 1,
        prepare: async () => {},
        run: ({ read }: Contestant) => read(randomUUID(), load),
      },
    ]
  })
  const write = {
    name: 'write and invalidate',
    reads: 1,
    prepare: ({ read }: Contestant) => read(marketId, async () => 'before'),
    run: ({ write }: Contestant) => write(),
  }
  return [...bySize, write]
}

/** µs for one time. */
async function turn(operation: Operation, contestant: Contestant, times: number): Promise<number> {
  await operation.prepare(contestant)
  const ms = await timed(async () => {
    for (let i = 0; i < times; i++) await operation.run(contestant)
  })
  return (ms / times) * 1000
}

function push(samples: Samples, operation: string, us: number): void {
  samples.set(operation, [...(samples.get(operation) ?? []), us])
}

function findingsOf(
  all: readonly Contestant[],
  samples: ReadonlyMap<string, Samples>,
  rounds: number,
  servers: string,
): Findings {
  const base = all.find(({ name }) => name.startsWith(BASE))!.name
  const names = [...samples.get(base)!.keys()]
  const ratio = (contestant: string, operation: string) => {
    const [own, others] = [samples.get(contestant)!.get(operation)!, samples.get(base)!.get(operation)!]
    return median(own.map((us, round) => us / others[round]!))
  }
  const absolute = (contestant: string, operation: string) => median(samples.get(contestant)!.get(operation)!)
  const rows = (cell: (contestant: string, operation: string) => string) =>
    all.map(({ name, ours }) => [
      ours ? `**${name}**` : name,
      ...names.map((operation) => cell(name, operation)),
    ])
  const shown = [`hit, 4 kB`, `${AT_ONCE} hits at once, 4 kB`, 'miss, 4 kB', 'write and invalidate']
  return {
    title: 'The caches without HTTP around them',
    servers,
    headlines: [
      [
        'a hit of 4 kB from `lru`, and from `tiered` with 64 at once, against a GET of Redis as in the textbook',
        `×${ratio('Marketflow, lru, alone', 'hit, 4 kB').toFixed(2)}; ×${ratio('Marketflow, tiered', `${AT_ONCE} hits at once, 4 kB`).toFixed(2)}`,
      ],
    ],
    figures: {
      rounds,
      contestants: all.map(({ name }) => ({
        name,
        operations: names.map((operation) => ({
          operation,
          ratio: ratio(name, operation),
          us: samples.get(name)!.get(operation)!,
        })),
      })),
    },
    plots: {
      'library.svg': dotPlot({
        title: 'Time of an operation, as a ratio to cache-aside as in the textbook',
        unit: 'less is better; logarithmic',
        series: shown.map((operation) => operation.replace('write and invalidate', 'write')),
        ticks: [0.005, 0.01, 0.1, 1, 10],
        rows: all.map(
          ({ name, ours }): DotRow => ({
            label: name,
            ours,
            values: shown.map((operation) => ratio(name, operation)),
          }),
        ),
      }),
    },
    report: [
      '![Time of a hit, of hits at once, of a miss and of a write, as a ratio to cache-aside](library.svg)',
      '### Ratios',
      table(
        ['', ...names],
        rows((name, operation) => ratio(name, operation).toFixed(2)),
      ),
      '### Microseconds',
      table(
        ['', ...names],
        rows((name, operation) => us(absolute(name, operation))),
      ),
      `Medians of ${rounds} rounds, in each of which all take turns with each operation for about ${TURN_MS} ms; ratios are to the textbook’s cache-aside in the same round, and per read. All are in one process. A load gives its text at once, so that a miss is the cache’s own work; *at once* are reads of ${AT_ONCE} keys in one tick. A write changes a market in PostgreSQL and is over when it may be answered: ours with log and drain, the others with the same transaction and their strongest invalidation. What a cache in memory without others knows by itself, the shared ones ask Redis.`,
    ],
  }
}

function us(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')
}
