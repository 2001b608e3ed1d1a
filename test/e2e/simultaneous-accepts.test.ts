import { afterAll, beforeAll, expect, it } from 'vitest'
import { Api, activeMarket, applied, organizer, vendor } from '../support/api.ts'
import { freshDatabase } from '../support/postgres.ts'
import { type RunningService, startService } from '../support/service.ts'

let database: { url: string; drop(): Promise<void> }
let services: RunningService[]

beforeAll(async () => {
  database = await freshDatabase()
  const env = { DATABASE_URL: database.url, CACHE: 'null' }
  services = [await startService(env), await startService(env)]
})

afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()))
  await database.drop()
})

it('accepts three of eight on three stalls, from two processes at once', async () => {
  const [here, there] = services.map((service) => service.url) as [string, string]
  const rosa = await organizer(new Api(here))
  const market = await activeMarket(rosa, { stall_count: 3 })
  const vendors = await Promise.all(Array.from({ length: 8 }, () => vendor(new Api(there))))
  const applications = await Promise.all(vendors.map((each) => applied(each, market)))
  const answers = await Promise.all(
    applications.map((id, i) => rosa.api.at(i % 2 === 0 ? here : there).post(`/applications/${id}/accept`)),
  )
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 409, 409, 409, 409, 409])
  const refused = answers.filter((answer) => answer.status === 409)
  expect(new Set(refused.map((answer) => answer.body.code))).toEqual(new Set(['market-full']))
  expect((await rosa.api.get(`/markets/${market}`)).body).toMatchObject({ vendor_count: 3, stall_count: 3 })
})
