import { dotPlot } from '../support/dot-plot.ts'
import type { Findings } from '../support/part.ts'
import { milliseconds, ratio, table } from '../support/report.ts'

/** A tag's stamp; what matches a pattern, by `SCAN` or by `KEYS`. */
export type Method = 'tag' | 'scan' | 'keys'

/** Medians, among so many other entries. */
export interface Size {
  readonly entries: number
  readonly tagMs: number
  /** What Redis took for the tag's `DEL`, in µs, on average. */
  readonly redisUs: number
  /** How often the methods were tried that walk over all keys. */
  readonly walks: number
  readonly scanMs: number
  readonly keysMs: number
}

const FIGURES = ['tagMs', 'scanMs', 'keysMs'] as const
const METHODS = ['tag', 'SCAN + DEL', 'KEYS + DEL']

export function findingsOf(
  sizes: readonly Size[],
  rounds: number,
  affected: number,
  redis: string,
): Findings {
  const [least, most] = [sizes[0]!, sizes.at(-1)!]
  const relative = (size: Size) => FIGURES.map((figure) => size[figure] / least[figure])
  const [tag, scan] = relative(most)
  return {
    title: 'Invalidating a tag while the cache grows',
    servers: `Redis ${redis}`,
    headlines: [
      [
        `invalidating a tag with ${many(most.entries)} other entries in Redis, against ${many(least.entries)}; deleting by pattern (\`SCAN\` and \`DEL\`)`,
        `${ratio(tag!)}; ${ratio(scan!)}`,
      ],
    ],
    figures: { affected, rounds, sizes },
    plots: {
      'invalidation.svg': dotPlot({
        title: `Time until ${affected} pages are invalid, as a ratio to the same with ${many(least.entries)} other entries`,
        unit: 'median; less is better; logarithmic',
        series: METHODS,
        ticks: [0.5, 1, 10, 100, 1000, 10_000],
        rows: sizes.map((size) => ({
          label: `${many(size.entries)} other entries`,
          ours: false,
          values: relative(size),
        })),
      }),
    },
    report: [
      '![Time of an invalidation among more and more other entries, by each method](invalidation.svg)',
      table(
        ['other entries', ...METHODS, ...METHODS, 'of that, Redis for the stamp'],
        sizes.map((size) => [
          many(size.entries),
          ...relative(size).map(ratio),
          ...FIGURES.map((figure) => milliseconds(size[figure])),
          `${size.redisUs.toFixed(1)} µs`,
        ]),
      ),
      `A write makes ${affected} cached pages old: how long it takes to be rid of them when Redis holds more *other* entries, each method relative to itself among ${many(least.entries)}; then the medians. *Tag* is Marketflow’s own: it deletes the tag’s stamp. *SCAN* and *KEYS* delete by key pattern (\`COUNT 1000\`); while \`KEYS\` runs, the server answers no other client. After every invalidation all pages are looked up, and none may be served.`,
      `Every size has a Redis of its own, and all run at a time. Tags: ${rounds} rounds, in which all sizes take turns, and what Redis says (\`INFO commandstats\`) that the \`DEL\`s of these rounds took on average. By pattern: as often where there are few entries, and ${sizes.at(-1)!.walks} times among ${many(most.entries)}.`,
    ],
  }
}

function many(entries: number): string {
  return entries.toLocaleString('en')
}
