import { fork } from 'node:child_process'
import { once } from 'node:events'
import { dotPlot } from '../support/dot-plot.ts'
import type { Findings, Part } from '../support/part.ts'
import { ratio, table } from '../support/report.ts'
import type { Kept, Taken } from './measure.ts'

const MEASURE = new URL('measure.ts', import.meta.url)

/** What an entry of the in-process cache takes in memory, against what `CACHE_MAX_MB` counts for it. */
export const memory: Part = {
  name: 'memory',
  run: async (quick) => findingsOf(await measured(quick ? 8 : 48)),
}

/** In a process of its own, whose heap holds nothing else, and which may ask for garbage to be collected. */
async function measured(megabytes: number): Promise<Measured> {
  const child = fork(MEASURE, [String(megabytes)], { execArgv: ['--expose-gc'] })
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`The process whose memory is measured ended with ${code}`)
  })
  const [told] = (await Promise.race([once(child, 'message'), ended])) as [Measured]
  ended.catch(() => undefined)
  return told
}

interface Measured {
  readonly sizes: readonly Taken[]
  readonly kept: readonly Kept[]
}

const MEGABYTES = 128

function findingsOf({ sizes, kept }: Measured): Findings {
  const share = ({ taken, counted }: Taken) => taken / counted
  const [some, last] = [sizes.slice(1, -1), sizes.at(-1)!]
  const kilobytes = [...some, last].map(({ bodyBytes }) => bodyBytes / 1000)
  return {
    title: 'What a cached entry takes in memory',
    servers: 'no server',
    headlines: [
      [
        `memory of a cached entry, against what \`CACHE_MAX_MB\` counts for it: bodies of ${kilobytes.join(', ')} kB`,
        [...some, last].map((size) => ratio(share(size))).join('; '),
      ],
    ],
    figures: { sizes, kept },
    plots: {
      'memory.svg': dotPlot({
        title: 'What a cached entry takes in memory, as a ratio to its body',
        unit: 'less is better; logarithmic',
        series: ['taken', 'counted'],
        ticks: [0.5, 1, 2, 5, 10, 20],
        rows: sizes.map(({ bodyBytes, taken, counted }) => ({
          label: `${bodyBytes.toLocaleString('en')} bytes`,
          ours: true,
          values: [taken / bodyBytes, counted / bodyBytes],
        })),
      }),
    },
    report: [
      '![What entries of several sizes take, and what is counted for them](memory.svg)',
      table(
        ['body, bytes', 'taken / counted', 'bytes taken', 'bytes counted', 'entries'],
        sizes.map((size) => [
          size.bodyBytes.toLocaleString('en'),
          ratio(share(size)),
          ...[size.taken, size.counted, size.entries].map((n) => Math.round(n).toLocaleString('en')),
        ]),
      ),
      'Heap and external memory of one process after garbage collection, per entry in the in-process cache; random bodies, two tags. The bound `CACHE_MAX_MB` is on what is counted, so a ratio below 1 means that less is taken than allowed.',
      table(
        [
          `pages that ${MEGABYTES} MB hold, of`,
          ...kept.map(({ bodyBytes }) => `${(bodyBytes / 1000).toFixed(1)} kB`),
        ],
        kept[0]!.ways.map(({ how }, way) => [
          how,
          ...kept.map(({ ways }) => {
            const [first, own] = [ways[0]!, ways[way]!]
            return `${Math.round((MEGABYTES * 1e6) / own.bytes).toLocaleString('en')} (${ratio(first.bytes / own.bytes)}), ${Math.round(own.wholeUs)} µs`
          }),
        ]),
      ),
      'Of lists of markets, by what is counted, and as a ratio to what would be held as it is alone; and the CPU time to have the body as it is for a client that takes no coding. We keep the second way: every answer is bytes that are there. The third would hold more, and make the plainest client the dearest ([0037](../decisions/0037-compressed-when-filled.md)).',
    ],
  }
}
