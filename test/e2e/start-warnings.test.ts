import { afterAll, beforeAll, expect, it } from 'vitest'
import { DEMO } from '../../src/infrastructure/demo/seed-demo.ts'
import { Api } from '../support/api.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, startService } from '../support/service.ts'

let database: FreshDatabase
let service: RunningService | undefined

beforeAll(async () => {
  database = await freshDatabase()
})

afterAll(async () => {
  await service?.kill()
  await database?.drop()
})

/** What a start says at the level of a warning or above. No write of a slow machine waits a lease out. */
async function warningsOf(env: Record<string, string>): Promise<Record<string, unknown>[]> {
  service = await startService({ DATABASE_URL: database.url, CACHE: 'null', LEASE_MS: '30000', ...env })
  return service.log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40)
}

const stop = () => service!.stop()

it('a start warns of demo accounts that others can sign in to, for as long as the published password fits', async () => {
  const asked = { SEED_DEMO: 'true', HOST: '0.0.0.0' }
  const { email } = DEMO.organizers[0]!
  expect(await warningsOf(asked)).toEqual([
    expect.objectContaining({
      msg: expect.stringContaining('published'),
      accounts: expect.arrayContaining([email]),
    }),
  ])
  const api = new Api(service!.url.replace('0.0.0.0', '127.0.0.1'))
  const { body } = await api.post('/auth/login', { email, password: DEMO.password })
  const changed = await api
    .as(body.token)
    .put('/me/password', { current_password: DEMO.password, new_password: 'a password of my own' })
  expect(changed.status).toBe(200)
  await stop()
  const [warning] = await warningsOf({ HOST: '0.0.0.0' })
  expect(warning!.accounts).toHaveLength(DEMO.organizers.length + DEMO.vendors.length - 1)
  expect(warning!.accounts).not.toContain(email)
  await stop()
})

it('a start warns of nothing else, but of a variable that it does not know', async () => {
  const warnings = await warningsOf({ HOST: '127.0.0.1', REDIS_PREFX: 'hush:' })
  expect(warnings.map(({ msg }) => msg)).toEqual([
    expect.stringMatching(/^REDIS_PREFX: unknown.* REDIS_PREFIX$/),
  ])
  await stop()
})

it('a start warns once of a variable that has no effect any more, and goes on', async () => {
  const warnings = await warningsOf({ CACHE: 'lru', SINGLE_INSTANCE: 'true' })
  expect(warnings.map(({ msg }) => msg)).toEqual([expect.stringMatching(/^SINGLE_INSTANCE: without effect/)])
  await stop()
})
