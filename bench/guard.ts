/**
 * Fails when a hit has become many times as expensive as it should be: the server's CPU time for an answer from `lru`
 * and from `tiered`, against an Express 5 that sends the same constant bytes, in turns in one short run. CPU time does
 * not count the waiting, so that a busy machine is no failure. `npm run bench:guard`
 */
import { ratios, type Sample, sample } from './http/contest.ts'
import type { Running } from './http/contestant.ts'
import { LoadGenerator } from './http/load.ts'
import { openStage, PAGE } from './http/stage.ts'

const ROUNDS = 7
const LOAD = { connections: 64, seconds: 0.3 }
const WARM_UP = { connections: 64, seconds: 0.8 }
/** On a quiet machine it is below 2. Far above that, so that only a collapse is one. */
const MOST = 4

const stage = await openStage()
const generator = new LoadGenerator()
const servers: Running[] = []
try {
  const starting = [stage.constant('express'), stage.service('lru'), stage.service('tiered')]
  const [base, lru, tiered] = (await Promise.all(starting.map(started))) as [Running, Running, Running]
  const measurer = { generator, path: PAGE, redisCpuUs: stage.redisCpuUs }
  const samples = new Map<Running, Sample[]>(servers.map((server) => [server, []]))
  for (const { url } of servers) await generator.load(url + PAGE, WARM_UP)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [server, taken] of samples) taken.push(await sample(measurer, server, LOAD))
  }
  for (const [cache, server] of Object.entries({ lru, tiered })) {
    const { median, least, most } = ratios(samples.get(server)!, samples.get(base)!, ({ cpuUs }) => cpuUs)
    const tooMuch = median > MOST
    if (tooMuch) process.exitCode = 1
    console.log(
      `${tooMuch ? 'COLLAPSED: ' : ''}a hit in ${cache} takes ${median.toFixed(2)} times the CPU of constant bytes from Express (${least.toFixed(2)} – ${most.toFixed(2)}); at most ${MOST} is accepted`,
    )
  }
} finally {
  generator.stop()
  await Promise.all(servers.map((server) => server.stop()))
  await stage.close()
}

async function started(server: Promise<Running>): Promise<Running> {
  const running = await server
  servers.push(running)
  return running
}
