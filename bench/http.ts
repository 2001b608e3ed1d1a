/**
 * How many cached pages per second the service sends with each cache, beside an Express that sends the same constant
 * bytes. `npm run bench:http -- --seconds 10 --rounds 5`
 */

import type { Running } from './http/contestant.ts'
import { load, type Throughput } from './http/load.ts'
import { CACHES, openStage, PAGE } from './http/stage.ts'
import { describeMachine, thisMachine } from './support/machine.ts'
import { wholeOptions } from './support/options.ts'
import { milliseconds, publish, table } from './support/report.ts'
import { median } from './support/statistics.ts'

const WARM_UP_S = 1

const { seconds, rounds, connections } = wholeOptions({ seconds: 3, rounds: 3, connections: 64 })
const machine = await thisMachine()
const stage = await openStage()
const BASE = 'Express 5, constant bytes'
const contestants = new Map<string, () => Promise<Running>>([
  [BASE, stage.constantExpress],
  ...CACHES.map((cache) => [`Marketflow, ${cache}`, () => stage.service(cache)] as const),
])
const measured = new Map<string, Throughput[]>()
try {
  for (let round = 1; round <= rounds; round++) {
    for (const [name, start] of contestants) {
      const throughput = await measure(start)
      measured.set(name, [...(measured.get(name) ?? []), throughput])
      console.error(`round ${round}: ${name}: ${Math.round(throughput.perSecond)}/s`)
    }
  }
  await report()
} finally {
  await stage.close()
}

/** Only one server runs at a time: they would not even share the database under different caches. */
async function measure(start: () => Promise<Running>): Promise<Throughput> {
  const server = await start()
  try {
    await load(server.url + PAGE, { connections, seconds: WARM_UP_S, expectedBody: stage.page })
    return await load(server.url + PAGE, { connections, seconds })
  } finally {
    await server.stop()
  }
}

async function report(): Promise<void> {
  const base = measured.get(BASE)!
  const rows = Array.from(measured, ([name, samples]) => {
    // Round by round, so that what slows the machine down for a while is in both figures.
    const ratios = samples.map(({ perSecond }, round) => perSecond / base[round]!.perSecond)
    const of = (figure: keyof Throughput) => median(samples.map((sample) => sample[figure]))
    return [
      name,
      median(ratios).toFixed(2),
      `${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)}`,
      Math.round(of('perSecond')).toLocaleString('en'),
      milliseconds(of('p50')),
      milliseconds(of('p99')),
    ]
  })
  await publish('http.md', [
    '# One cached page under load',
    table(['', 'ratio', 'least – most', 'answers/s', 'p50', 'p99'], rows),
    `The ratio is to an Express 5 that sends the same bytes from memory and does nothing else: the median of ${rounds} rounds, in each of which all take turns for ${seconds} s after ${WARM_UP_S} s of warming up. The page is \`GET ${PAGE}\`, ${Buffer.byteLength(stage.page).toLocaleString('en')} bytes; ${connections} connections, each with one request at a time; every body is compared while warming up, and every status always. All run as one process, with \`LOG_LEVEL=warn\`; \`tiered\` and \`redis\` ask Redis on every hit whether the entry is still current.`,
    '**Provisional**: the load generator, the server and whatever it asks share the machine, and latencies are those of saturation. `null` is no query per answer: reads that wait at the same time share one load.',
    `Measured by \`npm run bench:http\` on ${describeMachine(machine)}; Redis ${stage.redisVersion}.`,
  ])
}
