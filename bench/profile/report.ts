import { BASE } from '../http/part.ts'
import { packageVersion } from '../rivals/package-version.ts'
import { dotPlot } from '../support/dot-plot.ts'
import type { Findings } from '../support/part.ts'
import { table } from '../support/report.ts'
import { PLACES, type Place, type Shares } from './shares.ts'

export interface Profiled {
  readonly name: string
  readonly shares: Shares
}

interface Run {
  readonly seconds: number
  readonly connections: number
  readonly redis: string
}

/** What no server on Node can do without; and what is left is Express, or the server's own work. */
const UNAVOIDABLE: readonly Place[] = ['the socket', 'Node’s HTTP and streams']

export function findingsOf(profiled: readonly Profiled[], { seconds, connections, redis }: Run): Findings {
  const constant = profiled.find(({ name }) => name === BASE)!.shares
  return {
    title: 'Where the time of a hit goes',
    servers: `Express ${packageVersion('express')}, Redis ${redis}`,
    headlines: [
      [
        'of the CPU time of an Express 5 that sends constant bytes: the socket; Node’s HTTP; Express',
        [...UNAVOIDABLE, 'Express' as const].map((place) => percent(constant[place])).join('; '),
      ],
    ],
    figures: { seconds, connections, profiled },
    plots: {
      'profile.svg': dotPlot({
        title: 'Where the CPU time of a hit goes',
        unit: '% of the server’s CPU time; logarithmic',
        series: ['the socket', 'Node’s HTTP', 'Express', 'all else'],
        ticks: [0.5, 1, 2, 5, 10, 20, 50, 100],
        rows: profiled.map(({ name, shares }) => ({
          label: name,
          ours: isOurs(name),
          values: [...UNAVOIDABLE, 'Express' as const]
            .map((place) => shares[place])
            .concat(shares.libraries + shares['own code'])
            .map((share) => (share < 0.001 ? undefined : share * 100)),
        })),
      }),
    },
    report: [
      '![Where the CPU time of each server goes](profile.svg)',
      table(
        ['', ...PLACES],
        profiled.map(({ name, shares }) => [
          isOurs(name) ? `**${name}**` : name,
          ...PLACES.map((place) => percent(shares[place])),
        ]),
      ),
      `Of the time that the server was busy, ${seconds} s with ${connections} connections on the page of above, by V8’s profiler: each function’s own time. *The socket* is the call into the kernel that sends an answer or asks Redis. *Libraries* are the cache’s and the Redis client’s, *own code* is ours, or the handful of lines around the others.`,
      'So a hit of ours cannot get much cheaper: most of it is what Node takes to receive a request and send four kilobytes. And no cache’s hit in memory can be much dearer than constant bytes: a cache that looks into a map and does not ask whether what it found is still current adds some percent to what it costs to answer at all, in Express and out of it. To be half as fast as `tiered`, its own work would have to cost about as much as Express, HTTP and the socket together. Asking Redis once for each read costs that much; keeping texts in memory, and checking nothing, does not. async-cache-dedupe on Redis comes near constant bytes because all readers of *one* page share one `GET` as long as it is under way, also those who came after it was sent; 64 readers of 64 pages ask 64 times ([the caches without HTTP](#the-caches-without-http-around-them)).',
    ],
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`
}

function isOurs(name: string): boolean {
  return name.startsWith('Marketflow')
}
