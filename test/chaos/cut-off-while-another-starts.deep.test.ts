import { afterEach, expect, it } from 'vitest'
import { Api, activeMarket, organizer } from '../support/api.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, startService } from '../support/service.ts'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.ts'

const ROUNDS = 8

let database: FreshDatabase
let proxy: TcpProxy
let services: RunningService[] = []

afterEach(async () => {
  await Promise.all(services.map((service) => service.kill()))
  services = []
  await proxy.close()
  await database.drop()
})

/** An orchestrator that takes an instance for dead starts another, and the first comes back. */
it('an instance that was cut off while another started: its reads show every write that was answered', async () => {
  database = await freshDatabase()
  const direct = new URL(database.url)
  proxy = await tcpProxy(Number(direct.port || 5432))
  const env = { CACHE: 'lru' }
  const proxied = new URL(database.url)
  proxied.hostname = '127.0.0.1'
  proxied.port = String(proxy.port)
  const start = async (url: URL) => {
    const service = await startService({ ...env, DATABASE_URL: url.href })
    services.push(service)
    return new Api(service.url)
  }
  const first = await start(proxied)
  const rosa = await organizer(first)
  const market = await activeMarket(rosa)
  proxy.cut()
  const second = await start(direct)
  proxy.heal()

  const nameAt = async (api: Api) => (await api.get(`/markets/${market}`)).body.name
  const rename = async (name: string) => (await rosa.api.put(`/markets/${market}`, { name })).status
  await expect.poll(() => rename('v0')).toBe(200)
  for (let round = 1; round <= ROUNDS; round++) {
    const statuses = async () => (await second.get(`/markets/${market}`)).headers.get('cache-status')
    await expect.poll(statuses).toMatch(/; hit/)
    expect(await rename(`v${round}`)).toBe(200)
    expect(await nameAt(second)).toBe(`v${round}`)
  }
})
