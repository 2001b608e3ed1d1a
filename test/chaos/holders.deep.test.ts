import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { Api, activeMarket, organizer } from '../support/api.ts'
import { expectEverywhere, type Fleet, isUnverified, rename, startFleet, warm } from '../support/fleet.ts'
import { installPostgres, startPostgres } from '../support/machine/own-postgres.ts'
import { type RunningService, startService } from '../support/service.ts'

/** How many writes this instance has answered, by how they were confirmed; and holders, by state. */
async function counted(api: Api, metric: string): Promise<Record<string, number>> {
  const { text } = await api.get('/metrics')
  const lines = text.matchAll(new RegExp(`^marketflow_${metric}\\{\\w+="([\\w-]+)"\\} (\\d+)$`, 'gm'))
  return Object.fromEntries([...lines].map(([, label, value]) => [label, Number(value)]))
}

describe('instances with a cache of their own', () => {
  let fleet: Fleet

  afterEach(() => fleet.stop())

  it.each([1, 4])(
    'answer writes without waiting for a lease, and none serves what was replaced (%i)',
    async (size) => {
      // So long that a slow machine is none that is silent.
      fleet = await startFleet({ size, cache: 'lru', env: { LEASE_MS: '30000' } })
      for (let round = 1; round <= 12; round++) {
        await warm(fleet)
        expect((await rename(fleet, round % size, `v${round}`)).answer.status).toBe(200)
        await expectEverywhere(fleet, `v${round}`)
      }
      for (const { api } of fleet.instances) {
        expect(Object.keys(await counted(api, 'writes_total'))).toEqual(['invalidated'])
        expect(await counted(api, 'cache_holders')).toEqual({ active: size, retired: 0 })
      }
    },
  )

  it('one that is killed is waited for until its lease has ended, and is then off the list', async () => {
    fleet = await startFleet({ size: 3, cache: 'lru' })
    await warm(fleet)
    const [first, second, killed] = fleet.instances as [
      Fleet['instances'][0],
      Fleet['instances'][0],
      Fleet['instances'][0],
    ]
    const left = [first, second]
    let writes = 0
    const write = async () => {
      writes += 1
      expect((await rename(fleet, writes % 2, `v${writes}`)).answer.status).toBe(200)
      await expectEverywhere(fleet, `v${writes}`, left)
    }
    const writing = write()
    await killed.service.kill()
    await writing
    await write()
    const waited = (await counted(first.api, 'writes_waited_for_total')).holders ?? 0
    expect(waited + ((await counted(second.api, 'writes_waited_for_total')).holders ?? 0)).toBeGreaterThan(0)
    await expect
      .poll(
        async () => {
          await write()
          return counted(first.api, 'cache_holders')
        },
        { timeout: 20_000 },
      )
      .toEqual({ active: 2, retired: 0 })
    // And writes are confirmed again, not waited out.
    await expect
      .poll(
        async () => {
          const before = (await counted(first.api, 'writes_total')).invalidated ?? 0
          await write()
          await write()
          return ((await counted(first.api, 'writes_total')).invalidated ?? 0) - before
        },
        { timeout: 20_000 },
      )
      .toBe(1)
  })
})

it('PostgreSQL crashes while an instance holds its lease: what it serves as verified is what was answered', async () => {
  const server = await startPostgres(await installPostgres())
  const services: RunningService[] = []
  try {
    // Long, so that the lease outlives the crash.
    const env = { DATABASE_URL: server.url, CACHE: 'lru', LEASE_MS: '6000' }
    for (let i = 0; i < 2; i++) services.push(await startService(env))
    const [holder, writer] = services.map(({ url }) => new Api(url)) as [Api, Api]
    const rosa = await organizer(writer)
    const market = await activeMarket(rosa, { name: 'v0' })
    const read = () => holder.get(`/markets/${market}`)
    for (let round = 1; round <= 3; round++) {
      await expect.poll(async () => (await read()).headers.get('cache-status')).toMatch(/; hit/)
      await crash(server.url)
      const write = () => rosa.api.put(`/markets/${market}`, { name: `v${round}` })
      await expect.poll(async () => (await write()).status, { timeout: 30_000 }).toBe(200)
      let answer = await read()
      // What was invalidated has to be loaded, and the holder may still be without its connection.
      for (; answer.status === 503; answer = await read()) await sleep(100)
      if (!isUnverified(answer)) expect(answer.body.name).toBe(`v${round}`)
    }
  } finally {
    await Promise.all(services.map((service) => service.kill()))
    await server.stop()
  }
})

/** A server process that is killed takes all others with it: PostgreSQL recovers from its log, as after a crash. */
async function crash(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query('select pg_backend_pid() as pid')
  process.kill(rows[0].pid, 'SIGKILL')
  await client.end().catch(() => {})
}
