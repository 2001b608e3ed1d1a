import { packageVersion } from '../rivals/package-version.ts'
import { dotPlot } from '../support/dot-plot.ts'
import type { Findings } from '../support/part.ts'
import { milliseconds, ratio, table } from '../support/report.ts'
import { median } from '../support/statistics.ts'
import { perSecond, ratios, type Sample, type Spread } from './contest.ts'
import { BARE_REDIS, BASE, LOGGED, logged, type Plan, type Samples } from './part.ts'
import { PAGE, type Stage } from './stage.ts'

/** Where a server is busy and no request waits for a connection's turn yet. */
const TYPICAL = 64
/** They ask Redis on every hit. */
const ASK_REDIS = ['tiered', 'redis']

export function findingsOf(samples: Samples, plan: Plan, stage: Stage): Findings {
  const of = (name: string, connections: number) => samples.get(name)!.get(connections)!
  const throughput = (name: string, n: number) => ratios(of(name, n), of(BASE, n), perSecond)
  const cpu = (name: string, n: number) => ratios(of(name, n), of(BASE, n), ({ cpuUs }) => cpuUs)
  const names = [...samples.keys()]
  const { connections } = plan
  const [fewest] = connections as [number]
  const besides = (name: string, other: string, n: number) =>
    ratio(ratios(of(name, n), of(other, n), perSecond).median)
  return {
    title: 'One cached page under load',
    servers: `Express ${packageVersion('express')}, Redis ${stage.redisVersion}`,
    headlines: [
      ...['lru', 'near', 'tiered', 'redis'].map(
        (cache) =>
          [
            `answers per second from \`${cache}\`, against Express 5 sending the same constant bytes; the server’s CPU time per answer`,
            `${ratio(throughput(`Marketflow, ${cache}`, TYPICAL).median)}; ${ratio(cpu(`Marketflow, ${cache}`, TYPICAL).median)}`,
          ] as const,
      ),
      [
        `answers per second over ${fewest}, and over ${TYPICAL} connections, against Express 5 with one GET from Redis: ${ASK_REDIS.join(', ')}`,
        [fewest, TYPICAL]
          .map((n) => ASK_REDIS.map((cache) => besides(`Marketflow, ${cache}`, BARE_REDIS, n)).join(', '))
          .join('; '),
      ],
      [
        `answers per second with every request logged, against the same without: ${LOGGED.join('; ')}`,
        LOGGED.map((cache) => besides(logged(cache), `Marketflow, ${cache}`, TYPICAL)).join('; '),
      ],
    ],
    figures: {
      plan,
      page: { path: PAGE, bytes: Buffer.byteLength(stage.page) },
      contestants: names.map((name) => ({
        name,
        at: connections.map((n) => ({
          connections: n,
          throughputRatio: throughput(name, n),
          cpuRatio: cpu(name, n),
          samples: of(name, n),
        })),
      })),
    },
    plots: {
      'http.svg': dotPlot({
        title: 'Answers per second, as a ratio to Express 5 sending the same constant bytes',
        unit: 'more is better; logarithmic',
        series: connections.map((n) => `${n} connection${n === 1 ? '' : 's'}`),
        ticks: [0.05, 0.1, 0.2, 0.5, 1, 2],
        rows: names.map((name) => ({
          label: name,
          ours: isOurs(name),
          values: connections.map((n) => throughput(name, n).median),
        })),
      }),
      'http-cpu.svg': dotPlot({
        title: 'CPU time of the server per answer, as a ratio to Express 5 sending constant bytes',
        unit: 'less is better; logarithmic',
        series: connections.map((n) => `${n} connection${n === 1 ? '' : 's'}`),
        ticks: [0.5, 1, 2, 4, 8, 16],
        rows: names.map((name) => ({
          label: name,
          ours: isOurs(name),
          values: connections.map((n) => cpu(name, n).median),
        })),
      }),
    },
    report: [
      '![Answers per second of each, as a ratio to constant bytes](http.svg)',
      '![CPU time per answer of each, as a ratio to constant bytes](http-cpu.svg)',
      '### Answers per second, as a ratio',
      ratioTable(names, connections, throughput),
      '### The server’s CPU time per answer, as a ratio',
      ratioTable(names, connections, cpu),
      'The median of the rounds’ ratios, and how far apart they were. On a busy machine the CPU time is the figure to look at: it does not count the waiting.',
      besideTiered(names, (name) => throughput(name, TYPICAL).median),
      `### With ${TYPICAL} connections`,
      absoluteTable(names, (name) => of(name, TYPICAL)),
      `### Latencies with ${connections[0]} connection${connections[0] === 1 ? '' : 's'}`,
      table(
        ['', 'p50', 'p99', 'p99.9'],
        names.map((name) => [label(name), ...latencies(of(name, connections[0]!))]),
      ),
      `Ratios are to an Express 5 that sends the same bytes from memory and does nothing else: ${plan.rounds} rounds, in each of which all take turns for ${plan.seconds} s with ${connections.join(', ')} connections, each with one request at a time, after ${plan.warmUpSeconds} s of warming up. Every server is a process of its own, and so is the load generator; all run the whole time. The page is \`GET ${PAGE}\`, ${Buffer.byteLength(stage.page).toLocaleString('en')} bytes, from the cache; every body is compared before warming up, and every status always.`,
      'Marketflow runs as it comes but for `RATE_LIMIT=off` and `LOG_LEVEL=warn`, or, where every request is logged, the default: it counts, times and identifies every request, asks Redis on every hit (`tiered`, `redis`) whether the entry is still current, and drains its log. The libraries run in a bare Express 5 in front of the same query, wired as their READMEs say, the text cached; they observe nothing, and check nothing of the request. Of each its fastest way and one that instances can share. `null` caches nothing: reads that wait at the same time share one load.',
      'The load generator, the server and whatever it asks share the machine, and latencies are those of saturation.',
    ],
  }
}

/** How many are at half of what `tiered` does, or below: it asks Redis whether what it sends is current. */
function besideTiered(names: readonly string[], throughput: (name: string) => number): string {
  const half = throughput('Marketflow, tiered') / 2
  const others = names.filter(
    (name) => !isOurs(name) && !name.startsWith('node:http') && !name.startsWith('Express 5'),
  )
  const [below, above] = [
    (name: string) => throughput(name) <= half,
    (name: string) => throughput(name) > half,
  ]
  const list = (which: (name: string) => boolean) =>
    others
      .filter(which)
      .map((name) => `${name} ${throughput(name).toFixed(2)}`)
      .join('; ') || 'none'
  return `With ${TYPICAL} connections, at most half of \`tiered\` (${half.toFixed(2)}): ${list(below)}. Above: ${list(above)}. [Why](#where-the-time-of-a-hit-goes).`
}

function ratioTable(
  names: readonly string[],
  connections: readonly number[],
  of: (name: string, connections: number) => Spread,
): string {
  return table(
    ['connections', ...connections.map(String)],
    names.map((name) => [label(name), ...connections.map((n) => cell(of(name, n)))]),
  )
}

function cell({ median, least, most }: Spread): string {
  return `${median.toFixed(2)} (${least.toFixed(2)} – ${most.toFixed(2)})`
}

function absoluteTable(names: readonly string[], of: (name: string) => readonly Sample[]): string {
  const middle = (samples: readonly Sample[], figure: (sample: Sample) => number) =>
    median(samples.map(figure))
  return table(
    ['', 'answers/s', 'CPU per answer', 'and of Redis', 'p50', 'p99', 'p99.9'],
    names.map((name) => {
      const samples = of(name)
      return [
        label(name),
        Math.round(middle(samples, perSecond)).toLocaleString('en'),
        `${Math.round(middle(samples, ({ cpuUs }) => cpuUs))} µs`,
        `${Math.round(middle(samples, ({ redisCpuUs }) => redisCpuUs))} µs`,
        ...latencies(samples),
      ]
    }),
  )
}

function latencies(samples: readonly Sample[]): string[] {
  return (['p50', 'p99', 'p999'] as const).map((figure) =>
    milliseconds(median(samples.map((sample) => sample[figure]))),
  )
}

function label(name: string): string {
  return isOurs(name) ? `**${name}**` : name
}

function isOurs(name: string): boolean {
  return name.startsWith('Marketflow')
}
