/**
 * What the invalidation log and the lease cost: statements per write and per idle second, a write's latency with and
 * without them, what a hit asks of PostgreSQL, and what a drain takes over a long log. `npm run bench:cost -- --writes 300 --hits 10000 --idle 10`
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { GetMarket } from '../src/application/markets/market-reads.ts'
import type { Application } from '../src/application/use-cases.ts'
import { serviceOf } from '../src/infrastructure/modules/use-cases.ts'
import { type AtOnce, against, writesAtOnce } from './cost/at-once.ts'
import { drainLongLogs, type LongLog } from './cost/long-log.ts'
import { openStage, type Stage } from './cost/stage.ts'
import { isDrain, StatementCounter } from './cost/statement-counter.ts'
import { type Writers, writersOf } from './cost/writers.ts'
import { describeMachine, thisMachine } from './support/machine.ts'
import { wholeOptions } from './support/options.ts'
import { milliseconds, publish, ratio, table } from './support/report.ts'
import { median, quantile, timed } from './support/statistics.ts'

const WARM_UP_WRITES = 100
const READERS = 50
/** Rows kept in a log: hardly any, and what twenty writes a second leave in 80 minutes. */
const KEPT_ROWS = [100, 100_000]
const DRAINS = 100
const CLIENTS = [1, 8, 64]

type Counts = ReadonlyMap<string, number>
type Latencies = Record<keyof Writers, readonly number[]>

const options = wholeOptions({ writes: 300, hits: 10_000, idle: 10, turns: 25 })
const machine = await thisMachine()
const counter = new StatementCounter()
const stage = await openStage()
try {
  const writers = await writersOf(stage.core, stage.leaseMs)
  await latencies(writers, WARM_UP_WRITES)
  const took = await latencies(writers, options.writes)
  const atOnce = await writesAtOnce(stage, writers, CLIENTS, options.turns)
  const whole = await statementsOf(() => writeOften(writers.whole))
  const bare = await statementsOf(() => writeOften(writers.bare))
  const idle = await statementsOf(() => sleep(options.idle * 1000))
  const hits = await statementsOf(() => hitOften(stage))
  const logs = await drainLongLogs(KEPT_ROWS, DRAINS)
  await publish('cost.md', [
    '# What the log and the lease cost',
    '## A write’s latency',
    latencyTable(took),
    `Medians of ${options.writes} writes each (a market is renamed), one at a time, the three kinds taking turns; the ratio is that of the medians. *Neither* is the same transaction without the log’s row, answered when COMMIT returned: nothing would tell a cache about it.`,
    '## Writes at once',
    atOnceTable(atOnce),
    `Answered writes per second, each client with one under way and a market of its own, on one instance: ${options.turns} turns of a quarter of a second for each of the three kinds, one after the other. The ratio is the median of the turns’ own ratios, half of which are between those in brackets: so far apart are turns on this machine.`,
    '## Statements',
    statementTable(whole, bare, idle, hits),
    `Counted at the driver, on one instance with \`CACHE=redis\` and a lease of ${stage.leaseMs} ms: ${options.writes} writes with the whole protocol, as many with neither, ${options.idle} s of doing nothing, and ${options.hits.toLocaleString('en')} hits. Drains go on beside whatever is counted; a write hurries one along for itself.`,
    `**${count(hits, (kind) => !isDrain(kind))} statements were sent for ${options.hits.toLocaleString('en')} hits**, apart from the drains that go on anyway.`,
    '## A drain over a long log',
    longLogTable(logs),
    `A private cache beside others (\`CACHE=lru\`) has to see every row, also those that another instance has marked. After its connection to the log was lost it catches up with all that are kept; each other drain reads what was not committed before. Medians of ${DRAINS} drains that find one new row, on both logs in turn; ratios are to those over ${KEPT_ROWS[0]} rows, and the CPU is this process’s.`,
    `Measured by \`npm run bench:cost\` on ${describeMachine(machine)}; ${stage.servers}, all on the same machine.`,
  ])
} finally {
  await stage.close()
}

async function latencies(writers: Writers, writes: number): Promise<Latencies> {
  const took = { whole: [] as number[], logOnly: [] as number[], bare: [] as number[] }
  for (let i = 0; i < writes; i++) {
    for (const kind of ['whole', 'logOnly', 'bare'] as const) {
      took[kind].push(await timed(() => write(writers[kind], `${kind} ${i}`)))
    }
    // Rows that no write waited for must not be left to the next write that does.
    await write(writers.whole, `untimed ${i}`)
  }
  return took
}

async function writeOften(writer: Application['updateMarket']): Promise<void> {
  for (let i = 0; i < options.writes; i++) await write(writer, `counted ${i}`)
}

function write(writer: Application['updateMarket'], name: string): Promise<unknown> {
  return writer(stage.marketId, { name }, stage.organizer)
}

async function hitOften({ core, marketId }: Stage): Promise<void> {
  const getMarket = await core.container.getAsync(serviceOf(GetMarket))
  await getMarket({ id: marketId })
  counter.take()
  for (let done = 0; done < options.hits; done += READERS) {
    const reads = Array.from({ length: READERS }, () => getMarket({ id: marketId }))
    for (const { status } of await Promise.all(reads)) {
      if (status.kind !== 'hit') throw new Error(`A read was no hit, but: ${JSON.stringify(status)}`)
    }
  }
}

async function statementsOf(work: () => Promise<unknown>): Promise<Counts> {
  counter.take()
  await work()
  return counter.take()
}

function count(counts: Counts, wanted: (kind: string) => boolean): number {
  let total = 0
  for (const [kind, times] of counts) if (wanted(kind)) total += times
  return total
}

function latencyTable({ whole, logOnly, bare }: Latencies): string {
  const row = (name: string, samples: readonly number[]) => [
    name,
    ratio(median(samples) / median(bare)),
    milliseconds(median(samples)),
    milliseconds(quantile(samples, 0.95)),
  ]
  return table(
    ['a write with', 'ratio', 'median', '95 %'],
    [
      row('neither', bare),
      row('the log’s row', logOnly),
      row('the row, its drain and the answer after it', whole),
    ],
  )
}

function atOnceTable(levels: readonly AtOnce[]): string {
  const quarters = ({ rates }: AtOnce) => {
    const ratios = rates.bare.map((bare, turn) => bare / rates.whole[turn]!)
    return [0.25, 0.75].map((part) => quantile(ratios, part).toFixed(2)).join(' – ')
  }
  return table(
    ['clients', 'neither', 'the log’s row', 'the whole', 'ratio with the row', 'ratio of the whole'],
    levels.map((level) => [
      String(level.clients),
      ...(['bare', 'logOnly', 'whole'] as const).map((kind) => `${median(level.rates[kind]).toFixed(0)}/s`),
      ratio(against(level, 'logOnly')),
      `${ratio(against(level, 'whole'))} (${quarters(level)})`,
    ]),
  )
}

function longLogTable(logs: readonly LongLog[]): string {
  const [shortest] = logs
  if (shortest === undefined) throw new Error('There is no table of no logs')
  return table(
    ['rows kept', 'catching up', 'other drains', 'ratio', 'CPU of one', 'ratio'],
    logs.map(({ kept, caughtUp, next, cpu }) => [
      kept.toLocaleString('en'),
      milliseconds(caughtUp),
      milliseconds(median(next)),
      ratio(median(next) / median(shortest.next)),
      milliseconds(median(cpu)),
      ratio(median(cpu) / median(shortest.cpu)),
    ]),
  )
}

function statementTable(whole: Counts, bare: Counts, idle: Counts, hits: Counts): string {
  const kinds = [...new Set([whole, bare, idle, hits].flatMap((counts) => [...counts.keys()]))].sort()
  const per = (counts: Counts, kind: string, units: number) =>
    ((counts.get(kind) ?? 0) / units).toFixed(2).replace(/^0\.00$/, '–')
  return table(
    ['statement', 'per write', 'per write with neither', 'per idle second', 'in all hits'],
    kinds.map((kind) => [
      kind,
      per(whole, kind, options.writes),
      per(bare, kind, options.writes),
      per(idle, kind, options.idle),
      String(hits.get(kind) ?? 0),
    ]),
  )
}
