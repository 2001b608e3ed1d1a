import { afterEach, expect, it } from 'vitest'
import {
  expectEverywhere,
  type Fleet,
  isUnverified,
  LEASE_MS,
  read,
  rename,
  startFleet,
  warm,
} from '../support/fleet.ts'

let fleet: Fleet

afterEach(() => fleet.stop())

it('cut off from one instance: it serves nothing old as verified', async () => {
  fleet = await startFleet({ size: 2, cache: 'tiered' })
  await warm(fleet)
  const [lonely, other] = fleet.instances
  lonely!.postgres.cut()
  expect((await rename(fleet, 1, 'v1')).answer.status).toBe(200)
  await expectEverywhere(fleet, 'v1', [other!])
  const answer = await read(fleet, lonely!.api)
  if (answer.status === 200 && !isUnverified(answer)) expect(answer.body.name).toBe('v1')
  lonely!.postgres.heal()
  await warm(fleet)
  await expectEverywhere(fleet, 'v1')
})

it('gone: views are served marked, writes get 503, and everything returns', async () => {
  fleet = await startFleet({ size: 1, cache: 'tiered' })
  await warm(fleet)
  const [{ api, postgres }] = fleet.instances as [Fleet['instances'][0]]
  postgres.cut()
  await expect.poll(async () => isUnverified(await read(fleet, api)), { timeout: 10 * LEASE_MS }).toBe(true)
  const marked = await read(fleet, api)
  expect(marked.status).toBe(200)
  expect(Number(marked.headers.get('age'))).toBeGreaterThanOrEqual(0)
  expect((await api.get('/readyz')).status).toBe(503)
  const { answer } = await rename(fleet, 0, 'v1')
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toBe('1')
  postgres.heal()
  await expect.poll(async () => (await rename(fleet, 0, 'v2')).answer.status, { timeout: 10_000 }).toBe(200)
  await expectEverywhere(fleet, 'v2')
  await warm(fleet)
})

it('gone, with SERVE_UNVERIFIED=false: 503', async () => {
  fleet = await startFleet({ size: 1, cache: 'tiered', env: { SERVE_UNVERIFIED: 'false' } })
  await warm(fleet)
  const [{ api, postgres }] = fleet.instances as [Fleet['instances'][0]]
  postgres.cut()
  await expect.poll(async () => (await read(fleet, api)).status, { timeout: 10 * LEASE_MS }).toBe(503)
  postgres.heal()
  await warm(fleet)
})

it('stalled for longer than a lease: nothing is served as verified past it, and everything returns', async () => {
  fleet = await startFleet({ size: 1, cache: 'lru', env: { SINGLE_INSTANCE: 'true' } })
  await warm(fleet)
  const [{ api, postgres }] = fleet.instances as [Fleet['instances'][0]]
  postgres.stall()
  await expect
    .poll(async () => (await api.get('/metrics')).text.includes('marketflow_lease_held 0'), {
      timeout: 10 * LEASE_MS,
    })
    .toBe(true)
  postgres.heal()
  await warm(fleet)
  expect((await rename(fleet, 0, 'v1')).answer.status).toBe(200)
  await expectEverywhere(fleet, 'v1')
})
