import { once } from 'node:events'
import { Client } from 'pg'
import { afterEach, expect, it } from 'vitest'
import { Api, activeMarket, organizer } from '../support/api.ts'
import { adminUrl, type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, startService } from '../support/service.ts'

let databases: FreshDatabase[] = []
let services: RunningService[] = []

afterEach(async () => {
  await Promise.all(services.map((service) => service.kill()))
  await Promise.all(databases.map((database) => database.drop()))
  services = []
  databases = []
})

async function aDatabase(): Promise<string> {
  const database = await freshDatabase()
  databases.push(database)
  return database.url
}

async function anInstance(url: string): Promise<RunningService> {
  const service = await startService({ DATABASE_URL: url, CACHE: 'lru' })
  services.push(service)
  return service
}

const nameOf = (url: string) => new URL(url).pathname.slice(1)

/** Puts one database in another's place, as an upgrade by blue and green does. */
async function replace(old: string, by: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl() })
  await client.connect()
  try {
    await client.query(`alter database ${old} with allow_connections false`)
    await client.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname in ('${old}', '${by}')`,
    )
    await client.query(`alter database ${old} rename to ${old}_gone`)
    await client.query(`alter database ${by} rename to ${old}`)
    await client.query(`drop database ${old}_gone`)
  } finally {
    await client.end()
  }
}

it.each(['migrated', 'empty'])(
  'an instance whose database is replaced by another, %s one ends with 69 and says why',
  async (kind) => {
    const old = await aDatabase()
    const other = await aDatabase()
    const service = await anInstance(old)
    const market = await activeMarket(await organizer(new Api(service.url)))
    if (kind === 'migrated') await (await anInstance(other)).stop()
    const ended = once(service.process, 'close')

    await replace(nameOf(old), nameOf(other))
    expect((await ended)[0]).toBe(69)
    expect(service.log.join('\n')).toMatch(/"level":60.*DATABASE_URL leads to another database/)

    const successor = await anInstance(old)
    expect((await new Api(successor.url).get(`/markets/${market}`)).status).toBe(404)
  },
)
