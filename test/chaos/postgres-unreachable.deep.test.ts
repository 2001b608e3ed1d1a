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
  fleet = await startFleet({ size: 1, cache: 'lru' })
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

it('stalled, with many readers: every page that was cached is answered, marked', async () => {
  fleet = await startFleet({ size: 1, cache: 'tiered' })
  await warm(fleet)
  const [{ api, postgres }] = fleet.instances as [Fleet['instances'][0]]
  const pages = Array.from({ length: 40 }, (_, i) => `/markets?city=town-${i}`)
  for (const page of pages) expect((await api.get(page)).status).toBe(200)
  postgres.stall()
  await expect.poll(async () => isUnverified(await read(fleet, api))).toBe(true)
  const answers = await Promise.all(pages.map((page) => api.get(page)))
  expect(answers.map((answer) => [answer.status, isUnverified(answer)])).toEqual(pages.map(() => [200, true]))
  postgres.heal()
  await warm(fleet)
})

it('cut off from one instance: what has become public meanwhile is not said to be missing', async () => {
  fleet = await startFleet({ size: 2, cache: 'lru' })
  const [lonely, other] = fleet.instances as [Fleet['instances'][0], Fleet['instances'][0]]
  const { body: draft } = await fleet.rosa.api.post('/markets', { name: 'New', city: 'Bend', stall_count: 3 })
  const paths = [`/markets/${draft.id}`, `/markets/${draft.id}/stats`, `/m/${draft.slug}`]
  await warm(fleet)
  for (const path of paths) expect((await lonely.api.get(path)).status).toBe(404)
  lonely.postgres.cut()
  const published = await fleet.rosa.api
    .at(other.service.url)
    .put(`/markets/${draft.id}`, { status: 'active' })
  expect(published.status).toBe(200)
  for (const path of paths) expect([path, (await lonely.api.get(path)).status]).toEqual([path, 503])
  lonely.postgres.heal()
  await warm(fleet)
  for (const path of paths) expect([path, (await lonely.api.get(path)).status]).toEqual([path, 200])
})
