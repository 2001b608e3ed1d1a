import { expect } from 'vitest'
import { type Answer, Api, activeMarket, organizer, type Person } from './api.ts'
import { freshDatabase } from './postgres.ts'
import { startRedis, type TestRedis } from './redis.ts'
import { type RunningService, startService } from './service.ts'
import { type TcpProxy, tcpProxy } from './tcp-proxy.ts'

/** The lease of every fleet, in ms. */
export const LEASE_MS = 1000

export interface Instance {
  readonly service: RunningService
  readonly api: Api
  /** This instance's own way to each server. */
  readonly postgres: TcpProxy
  readonly redis: TcpProxy
  /** What its processes have logged, one after the other. */
  readonly logs: readonly (readonly string[])[]
  /** Kills the process unless it is dead already, and starts it again behind the same proxies, on another port. */
  restart(): Promise<void>
}

/** Several real processes on one PostgreSQL and one Redis, with one market to write and read. */
export interface Fleet {
  readonly instances: readonly Instance[]
  readonly redis: TestRedis
  readonly databaseUrl: string
  readonly rosa: Person
  readonly market: string
  stop(): Promise<void>
}

export interface FleetOptions {
  readonly size?: number
  readonly cache?: 'tiered' | 'near' | 'redis' | 'lru'
  /** One for all, or one each. */
  readonly entry?: string | readonly string[]
  readonly env?: Record<string, string>
  /** False: Redis is only prepared; `redis.restart()` starts it. */
  readonly redisRunning?: boolean
}

export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  const { size = 2, cache = 'tiered', entry, env = {}, redisRunning = true } = options
  const database = await freshDatabase()
  const redis = await startRedis({ running: redisRunning })
  const instances: Instance[] = []
  for (let i = 0; i < size; i++) {
    instances.push(
      await startInstance(
        database.url,
        redis.port,
        cache,
        { LEASE_MS: String(LEASE_MS), ...env },
        typeof entry === 'object' ? entry[i] : entry,
      ),
    )
  }
  const rosa = await organizer(instances[0]!.api)
  const market = await activeMarket(rosa, { name: 'v0' })
  return {
    instances,
    redis,
    databaseUrl: database.url,
    rosa,
    market,
    stop: async () => {
      // A suspended process gets no SIGTERM, a server that is gone no farewell.
      for (const { service } of instances) service.process.kill('SIGCONT')
      await Promise.all(instances.map(({ service }) => service.kill()))
      await Promise.all(instances.flatMap(({ postgres, redis: way }) => [postgres.close(), way.close()]))
      await redis.stop()
      await database.drop()
    },
  }
}

async function startInstance(
  databaseUrl: string,
  redisPort: number,
  cache: string,
  env: Record<string, string>,
  entry?: string,
): Promise<Instance> {
  const url = new URL(databaseUrl)
  const postgres = await tcpProxy(Number(url.port || 5432))
  const redis = await tcpProxy(redisPort)
  url.hostname = '127.0.0.1'
  url.port = String(postgres.port)
  const ways = {
    DATABASE_URL: url.href,
    ...(cache === 'lru' ? {} : { REDIS_URL: `redis://127.0.0.1:${redis.port}` }),
  }
  const start = () => startService({ ...ways, CACHE: cache, ...env }, entry)
  let service = await start()
  const logs = [service.log]
  return {
    get service() {
      return service
    },
    get api() {
      return new Api(service.url)
    },
    postgres,
    redis,
    logs,
    restart: async () => {
      await service.kill()
      service = await start()
      logs.push(service.log)
    },
  }
}

/** Renames the market at one instance; resolves with the answer and how long it took, in ms. */
export async function rename(
  fleet: Fleet,
  at: number,
  name: string,
): Promise<{ answer: Answer; ms: number }> {
  const began = performance.now()
  const answer = await fleet.rosa.api
    .at(fleet.instances[at]!.service.url)
    .put(`/markets/${fleet.market}`, { name })
  return { answer, ms: performance.now() - began }
}

/** Reads the market at every instance until each answers from its cache. */
export async function warm(fleet: Fleet): Promise<void> {
  for (const { api } of fleet.instances) {
    await expect
      .poll(async () => (await read(fleet, api)).headers.get('cache-status'), {
        timeout: 10_000,
        interval: 50,
      })
      .toMatch(/; hit/)
  }
}

export function read(fleet: Fleet, api: Api): Promise<Answer> {
  return api.get(`/markets/${fleet.market}`)
}

/** Reads at every instance, several times over: whatever is not marked as unverified must be this name. */
export async function expectEverywhere(
  fleet: Fleet,
  name: string,
  instances = fleet.instances,
): Promise<void> {
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(instances.map(({ api }) => read(fleet, api)))
    for (const answer of answers) {
      expect(answer.status, answer.text).toBe(200)
      if (!isUnverified(answer)) expect(answer.body.name).toBe(name)
    }
  }
}

export function isUnverified(answer: Answer): boolean {
  return answer.headers.get('cache-status')?.includes('unverified') ?? false
}
