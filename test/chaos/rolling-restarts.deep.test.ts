import { afterAll, beforeAll, expect, it } from 'vitest'
import { Api, activeMarket, organizer } from '../support/api.ts'
import { startNginx, type TestProxy } from '../support/machine/nginx.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { freePort, startRedis, type TestRedis } from '../support/redis.ts'
import { type RunningService, startService } from '../support/service.ts'

/** Each instance this often. */
const RESTARTS = 5
const WRITERS = 8

let database: FreshDatabase
let redis: TestRedis
let ports: readonly number[]
const services: RunningService[] = []
let nginx: TestProxy

const start = (port: number) =>
  startService({ PORT: String(port), DATABASE_URL: database.url, REDIS_URL: redis.url })

beforeAll(async () => {
  database = await freshDatabase()
  redis = await startRedis()
  ports = [await freePort(), await freePort()]
  for (const port of ports) services.push(await start(port))
  nginx = await startNginx(ports)
})

afterAll(async () => {
  await nginx?.stop()
  await Promise.all(services.map((service) => service.stop()))
  await redis?.stop()
  await database?.drop()
})

it('behind nginx, instances that are restarted one after the other fail no request, a POST neither', async () => {
  const rosa = await organizer(new Api(services[0]!.url))
  const market = await activeMarket(rosa)
  const authorization = `Bearer ${rosa.api.token}`
  const answers = new Map<string, number>()
  let over = false
  const ask = async (method: string, path: string, body?: object): Promise<void> => {
    const answer = await fetch(`${nginx.url}${path}`, {
      method,
      headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    await answer.arrayBuffer()
    const kind = `${method} ${answer.status}`
    answers.set(kind, (answers.get(kind) ?? 0) + 1)
  }
  const clients = Array.from({ length: WRITERS }, async (_, client) => {
    for (let i = 0; !over; i++) {
      await ask('POST', '/markets', { name: `Market ${client} ${i}`, city: 'Lisbon', stall_count: 3 })
      await ask('GET', `/markets/${market}`)
    }
  })
  for (let round = 0; round < RESTARTS; round++) {
    for (const [slot, port] of ports.entries()) {
      expect(await services[slot]!.stop()).toBe(0)
      services[slot] = await start(port)
    }
  }
  over = true
  await Promise.all(clients)
  process.stdout.write(`${[...answers].map(([kind, count]) => `${count} × ${kind}`).join(', ')}\n`)
  expect([...answers.keys()].sort()).toEqual(['GET 200', 'POST 201'])
})
