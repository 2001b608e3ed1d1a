import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, Api, activeMarket, applied, organizer, type Person, vendor } from '../support/api.ts'
import { ROUTES } from '../support/api-document.ts'
import { type RunningService, startService } from '../support/service.ts'

/** A write of a thing that has an id, by those whose it may be. */
interface Write {
  /** A thing of Rosa's or Vera's. */
  readonly made: () => Promise<string>
  readonly of: 'organizer' | 'vendor'
  readonly ask: (by: Api, id: string) => Promise<Answer>
  readonly missing: string
  /** Every vendor may do it to every market. */
  readonly anyones?: true
}

let service: RunningService
let owners: Readonly<Record<Write['of'], Person>>
let others: Readonly<Record<Write['of'], Person>>

beforeAll(async () => {
  service = await startService({ DATA_DIR: 'memory', CACHE: 'null' })
  const api = new Api(service.url)
  owners = { organizer: await organizer(api), vendor: await vendor(api) }
  others = { organizer: await organizer(api), vendor: await vendor(api) }
})
afterAll(() => service?.stop())

const market = () => activeMarket(owners.organizer, { time_zone: 'America/Chicago' })
const ofMarket = (ask: Write['ask']): Write => ({
  made: market,
  of: 'organizer',
  ask,
  missing: 'market-not-found',
})
const ofVendor = (ask: Write['ask']): Write => ({
  made: async () => owners.vendor.vendorId,
  of: 'vendor',
  ask,
  missing: 'vendor-not-found',
})
const move = (verb: string, of: Write['of'] = 'organizer'): Write => ({
  made: async () => applied(owners.vendor, await market()),
  of,
  ask: (by, id) =>
    by.post(`/applications/${id}/${verb}`, verb === 'remove' ? { reason: 'None.' } : undefined),
  missing: 'application-not-found',
})

const WRITES: Readonly<Record<string, Write>> = {
  updateMarket: ofMarket((by, id) => by.put(`/markets/${id}`, { name: 'Another name' })),
  patchMarket: ofMarket((by, id) => by.patch(`/markets/${id}`, { name: 'Another name' })),
  scheduleMarket: ofMarket((by, id) => by.put(`/markets/${id}/seasons`, { seasons: [] })),
  changeDay: ofMarket((by, id) => by.patch(`/markets/${id}/days/2026-05-02`, { status: 'cancelled' })),
  deleteMarket: ofMarket((by, id) => by.delete(`/markets/${id}`)),
  applyToMarket: {
    made: market,
    of: 'vendor',
    ask: (by, id) => by.post(`/markets/${id}/applications`, {}),
    missing: 'market-not-found',
    anyones: true,
  },
  acceptApplication: move('accept'),
  rejectApplication: move('reject'),
  waitlistApplication: move('waitlist'),
  removeVendor: move('remove'),
  withdrawApplication: move('withdraw', 'vendor'),
  updateVendor: ofVendor((by, id) => by.put(`/vendors/${id}`, { category: 'bees' })),
  patchVendor: ofVendor((by, id) => by.patch(`/vendors/${id}`, { category: 'bees' })),
}

it('every write of the API of a thing that has an id is tried here', () => {
  const writes = ROUTES.filter(({ method, path }) => method !== 'GET' && path.includes(':id'))
  const names = writes.flatMap(({ operation }) => operation?.id ?? [])
  expect([...new Set(names)].sort()).toEqual(Object.keys(WRITES).sort())
})

describe.each(Object.keys(WRITES))('%s', (name) => {
  const { made, of, ask, missing, anyones } = WRITES[name]!

  it('of what does not exist is refused, and says what does not', async () => {
    const answer = await ask(owners[of].api, randomUUID())
    expect([answer.status, answer.body.code]).toEqual([404, missing])
  })

  if (anyones) return
  it('of what is another’s is refused, and changes nothing', async () => {
    const id = await made()
    const seen = () => told(owners.organizer.api, id)
    const before = await seen()
    const answer = await ask(others[of].api, id)
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
    expect(await seen()).toEqual(before)
  })
})

it.each(['updateMarket', 'scheduleMarket', 'deleteMarket'])(
  '%s of another’s draft is told that there is no such market',
  async (name) => {
    const draft = await owners.organizer.api.post('/markets', {
      name: 'A draft',
      city: 'Lisbon',
      stall_count: 3,
    })
    const answer = await WRITES[name]!.ask(others.organizer.api, draft.body.id)
    expect([answer.status, answer.body.code]).toEqual([404, 'market-not-found'])
  },
)

it('a market that is no draft is not deleted by its organizer either', async () => {
  const id = await market()
  const answer = await owners.organizer.api.delete(`/markets/${id}`)
  expect([answer.status, answer.body.code]).toEqual([409, 'not-a-draft'])
  expect((await owners.organizer.api.get(`/markets/${id}`)).status).toBe(200)
})

/** What may be read under this id, of whichever kind of thing. */
async function told(api: Api, id: string): Promise<unknown> {
  const kinds = ['markets', 'applications', 'vendors']
  const answers = await Promise.all(kinds.map((kind) => api.get(`/${kind}/${id}`)))
  return answers.map(({ status, body }) => (status === 200 ? body : status))
}
