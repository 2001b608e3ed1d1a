import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Api, activeMarket, organizer } from '../support/api.ts'
import { isUnverified } from '../support/fleet.ts'
import {
  installPostgres,
  type OwnPostgres,
  startPostgres,
  startStandby,
} from '../support/machine/own-postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type RunningService, startService } from '../support/service.ts'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.ts'

/** Long, so that an instance still trusts its lease when its pool is led elsewhere. */
const LEASE_MS = 4000
const MISLED_MS = 2000

let primary: OwnPostgres
let standby: OwnPostgres
let redis: TestRedis
/** In front of the servers, for one instance: DNS during a fail-over, or a pooler that splits. */
let way: TcpProxy
const services: RunningService[] = []

beforeAll(async () => {
  const programs = await installPostgres()
  primary = await startPostgres(programs)
  standby = await startStandby(programs, primary)
  way = await tcpProxy(portOf(primary))
  redis = await startRedis()
})
afterAll(async () => {
  await Promise.all(services.map((service) => service.kill()))
  await Promise.all([way?.close(), redis?.stop(), standby?.stop()])
  await primary?.stop()
})

const portOf = ({ url }: OwnPostgres) => Number(new URL(url).port)

async function anInstance(port: number): Promise<Api> {
  const url = new URL(primary.url)
  url.port = String(port)
  const service = await startService({
    DATABASE_URL: url.href,
    REDIS_URL: redis.url,
    LEASE_MS: String(LEASE_MS),
  })
  services.push(service)
  return new Api(service.url)
}

async function onStandby(sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: standby.url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

it('DATABASE_URL leads to a lagging standby for two seconds: nothing old is served or kept, and no revoked token is accepted', async () => {
  const misled = await anInstance(way.port)
  const other = await anInstance(portOf(primary))
  const rosa = await organizer(other)
  const market = await activeMarket(rosa, { name: 'old', city: 'Bend' })
  const paths = Array.from({ length: 15 }, (_, i) => `/markets?city=bend&page_size=${i + 1}`)
  paths.push(`/markets/${market}`)
  const left = await organizer(other)
  await expect
    .poll(() => onStandby('select name, status from markets'))
    .toEqual([{ name: 'old', status: 'active' }])
  await expect
    .poll(() => onStandby(`select 1 as there from accounts where id = '${left.id}'`))
    .toEqual([{ there: 1 }])
  await onStandby('select pg_wal_replay_pause()')
  const replay = 'select pg_get_wal_replay_pause_state() as state'
  await expect.poll(() => onStandby(replay)).toEqual([{ state: 'paused' }])
  expect((await rosa.api.put(`/markets/${market}`, { name: 'new' })).status).toBe(200)
  expect((await left.api.post('/auth/sign-out-everywhere')).status).toBe(204)

  const look = async (api: Api) => {
    for (const path of paths) {
      const answer = await api.get(path)
      if (answer.status === 503 || isUnverified(answer)) continue
      expect(answer.text, `${path}: ${answer.headers.get('cache-status')}`).toMatch('"name":"new"')
    }
    expect([401, 503]).toContain((await left.api.at(api.url).get('/me')).status)
  }
  way.retarget(portOf(standby))
  const end = performance.now() + MISLED_MS
  do await look(misled)
  while (performance.now() < end)
  way.retarget(portOf(primary))

  await expect
    .poll(async () => (await rosa.api.at(misled.url).put(`/markets/${market}`, { name: 'new' })).status)
    .toBe(200)
  await expect.poll(async () => (await misled.get(paths[0]!)).headers.get('cache-status')).toMatch(/; hit/)
  for (const api of [misled, other]) await look(api)
})
