import { get, type IncomingMessage } from 'node:http'
import { availableParallelism } from 'node:os'
import { json, text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readConfig } from '../../src/infrastructure/config/config.ts'
import { Api, activeMarket, organizer, type Person } from '../support/api.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type RunningService, runToEnd, startService } from '../support/service.ts'

let database: FreshDatabase
let redis: TestRedis
let service: RunningService
let rosa: Person
let market: string

beforeAll(async () => {
  database = await freshDatabase()
  redis = await startRedis()
  service = await startService({ DATABASE_URL: database.url, REDIS_URL: redis.url, WORKERS: '2' })
  await startsSeen(2)
  rosa = await organizer(new Api(service.url))
  market = await activeMarket(rosa, { name: 'v0' })
})

afterAll(async () => {
  await service.kill()
  await redis.stop()
  await database.drop()
})

/** Over a connection of its own, so that the workers take turns. */
function visit(path: string) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    get(service.url + path, { agent: false }, resolve).on('error', reject)
  })
}

async function expectEveryWorkerToShow(name: string): Promise<void> {
  for (let visits = 0; visits < 4; visits++) {
    expect(await json(await visit(`/markets/${market}`))).toMatchObject({ name })
  }
}

/** The processes that said that they listen, in their order. */
const pidsOf = ({ log }: RunningService) =>
  log.filter((line) => line.includes('"msg":"listening"')).map((line) => JSON.parse(line).pid as number)

const listening = () => pidsOf(service)

const living = () => listening().filter(isAlive)

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const startsSeen = (starts: number) =>
  vi.waitFor(() => expect(listening()).toHaveLength(starts), { timeout: 20_000 })

describe('WORKERS=2', () => {
  it('shows on every worker what was written through one', async () => {
    for (let version = 1; version <= 10; version++) {
      expect((await rosa.api.put(`/markets/${market}`, { name: `v${version}` })).status).toBe(200)
      await expectEveryWorkerToShow(`v${version}`)
    }
  })

  it('tells the metrics of all workers, whichever is asked', async () => {
    for (let visits = 0; visits < 4; visits++) {
      const metrics = await text(await visit('/metrics'))
      expect(metrics).toMatch(/^marketflow_lease_held\{worker="1"\} 1$/m)
      expect(metrics).toMatch(/^marketflow_lease_held\{worker="2"\} 1$/m)
      expect(metrics).toMatch(
        /^marketflow_cache_reads_total\{view="market-detail",result="hit",.*worker="1"\}/m,
      )
      expect(metrics).toMatch(
        /^marketflow_cache_reads_total\{view="market-detail",result="hit",.*worker="2"\}/m,
      )
    }
  })

  it('goes on without a worker that died, and replaces it', async () => {
    const [victim] = listening()
    process.kill(victim!, 'SIGKILL')
    await expect.poll(() => service.log.some((line) => line.includes('a worker died'))).toBe(true)
    expect((await rosa.api.put(`/markets/${market}`, { name: 'after a crash' })).status).toBe(200)
    await expectEveryWorkerToShow('after a crash')
    // The other one has all that there is to tell until it starts.
    while (listening().length < 3) {
      const metrics = await visit('/metrics')
      expect(await text(metrics)).toMatch(/^marketflow_lease_held\{worker="2"\}/m)
      expect(metrics.statusCode).toBe(200)
    }
    await startsSeen(3)
    expect(new Set(listening()).size).toBe(3)
    await expectEveryWorkerToShow('after a crash')
  })

  it('resets the connection that a worker did not live to take over', async () => {
    const [victim] = living()
    process.kill(victim!, 'SIGSTOP')
    // One is handed to each worker; the one that is stopped keeps its own.
    const outcomes = Array.from({ length: 8 }, () => visit('/healthz').then(text, (error) => error.code))
    await Promise.any(outcomes)
    process.kill(victim!, 'SIGKILL')
    expect(await Promise.all(outcomes)).toContain('ECONNRESET')
    await startsSeen(4)
  })

  it('stops as one: every worker ends its work, then the supervisor', async () => {
    expect(await service.stop()).toBe(0)
    expect(service.log.filter((line) => line.includes('every invalidation is applied'))).toHaveLength(2)
  })
})

it('workers stop as one when every process of their group gets the signal, as from a service manager', async () => {
  const fresh = await freshDatabase()
  const group = await startService({ DATABASE_URL: fresh.url, WORKERS: '2' })
  await expect.poll(() => pidsOf(group)).toHaveLength(2)
  const stopped = group.stop()
  for (const pid of pidsOf(group)) process.kill(pid, 'SIGTERM')
  expect(await stopped).toBe(0)
  expect(group.log.filter((line) => line.includes('every invalidation is applied'))).toHaveLength(2)
  await fresh.drop()
})

describe('workers that cannot start', () => {
  it('need a database that processes can share', () => {
    expect(() => readConfig({ WORKERS: '2' })).toThrow('WORKERS: more than 1 needs a DATABASE_URL')
  })

  it('are as many as there are cores, or a number', () => {
    const env = {
      DATABASE_URL: 'postgres://localhost/x',
      JWT_SECRET: 'a secret that is long enough to be one',
    }
    expect(readConfig({ ...env, WORKERS: 'auto' }).workers).toBe(availableParallelism())
    expect(() => readConfig({ ...env, WORKERS: 'many' })).toThrow('WORKERS: expected a whole number or auto')
  })

  it('say why once, and are not tried for ever', async () => {
    const { code, output } = await runToEnd('src/infrastructure/bin/main.ts', [], {
      WORKERS: '2',
      DATABASE_URL: 'postgres://unknown@127.0.0.1:1/nowhere',
      JWT_SECRET: 'a secret that is long enough to be one',
    })
    expect(code).toBe(69)
    expect(output.match(/Nothing takes connections at the address in DATABASE_URL/g)).toHaveLength(1)
  })
})
