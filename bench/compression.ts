/**
 * What a compressed hit costs: the server's CPU time for an answer of 4 kB in each coding and its bytes on the wire,
 * beside the same hit as it is, and beside an Express 5 that sends constant bytes through the `compression` middleware,
 * in turns in one run. `npm run bench:compression`
 */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { ratios, type Sample, sample } from './http/contest.ts'
import type { Running } from './http/contestant.ts'
import { LoadGenerator } from './http/load.ts'
import { openStage, PAGE } from './http/stage.ts'

const ROUNDS = 15
const CONNECTIONS = 64

const stage = await openStage()
const generator = new LoadGenerator()
const servers: Running[] = []
try {
  for (const starting of [
    stage.service('lru'),
    stage.constant('express'),
    stage.constant('compressing-express'),
  ])
    servers.push(await starting)
  const [service, constant, middleware] = servers as [Running, Running, Running]
  const contestants = [
    contestant('a hit as it is', service),
    contestant('a hit in br', service, 'br'),
    contestant('a hit in gzip', service, 'gzip'),
    contestant('constant bytes from Express', constant),
    contestant('the same through `compression`, in br', middleware, 'br'),
    contestant('the same through `compression`, in gzip', middleware, 'gzip'),
  ]
  const measurer = { generator, path: PAGE, redisCpuUs: stage.redisCpuUs }
  for (let round = -1; round < ROUNDS; round++) {
    for (const { server, headers, taken } of contestants) {
      const taking = sample(measurer, server, { connections: CONNECTIONS, seconds: 0.4, headers })
      if (round < 0) await taking
      else taken.push(await taking)
    }
  }
  const [base] = contestants
  for (const { name, server, headers, taken } of contestants) {
    const { median, least, most } = ratios(taken, base!.taken, ({ cpuUs }) => cpuUs)
    const bytes = await bytesOf(server.url + PAGE, headers)
    console.log(
      `${name}: ${bytes} bytes, ${median.toFixed(2)} times the CPU of a hit as it is (${least.toFixed(2)} – ${most.toFixed(2)})`,
    )
  }
} finally {
  generator.stop()
  await Promise.all(servers.map((server) => server.stop()))
  await stage.close()
}

function contestant(name: string, server: Running, coding = 'identity') {
  return { name, server, headers: { 'accept-encoding': coding }, taken: [] as Sample[] }
}

async function bytesOf(url: string, headers: Record<string, string>): Promise<number> {
  const asked = request(url, { headers })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return (await buffer(answer)).byteLength
}
