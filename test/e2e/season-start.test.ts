import { afterAll, beforeAll, expect, it } from 'vitest'
import { Api, ok, organizer, type Person, vendor } from '../support/api.ts'
import { type RunningService, startService } from '../support/service.ts'

const PLACE = {
  street: '1 Water Street',
  city: 'Springfield',
  region: 'IL',
  country: 'US',
  latitude: 39.8,
  longitude: -89.65,
  time_zone: 'America/Chicago',
}
const SATURDAY = saturday()
const SEASON = {
  from: SATURDAY,
  to: SATURDAY,
  weekly: [{ weekday: 'saturday' as const, opens: '08:00', closes: '13:00' }],
}

let service: RunningService
let api: Api

beforeAll(async () => {
  service = await startService({ DATA_DIR: 'memory' })
  api = new Api(service.url)
})
afterAll(() => service?.stop())

/** What is found on a list of one's own, or of what is offered: the only way by which ids come here. */
const the = <Thing>(things: ArrayLike<Thing>): Thing => {
  expect(things).toHaveLength(1)
  return things[0]!
}
const path = ({ id }: { readonly id: string }) => ({ path: { id } })

it('an organizer and vendors start a season through the client, and find everything on lists of their own', async () => {
  const rosa = await organizer(api, 'Rosa Almeida')
  const mine = async () => the(ok(await rosa.api.client.GET('/me/markets')).markets)
  const body = { name: 'Riverside Market', stall_count: 1, ...PLACE }
  ok(await rosa.api.client.POST('/markets', { body }))
  expect(await mine()).toMatchObject({ name: 'Riverside Market', status: 'draft' })
  ok(
    await rosa.api.client.PUT('/markets/{id}/seasons', {
      params: path(await mine()),
      body: { seasons: [SEASON] },
    }),
  )
  ok(await rosa.api.client.PATCH('/markets/{id}', { params: path(await mine()), body: { status: 'active' } }))

  const find = async (query: { city: string; region: string } | { near: string; radius_km: 5 | 25 }) =>
    ok(await api.client.GET('/markets', { params: { query: { ...query, on: SATURDAY } } })).markets
  const byPlace = await find({ city: 'springfield', region: 'il' })
  expect(the(byPlace).days).toMatchObject([{ date: SATURDAY, opens: '08:00', closes: '13:00' }])
  expect(the(await find({ near: '39.81,-89.65', radius_km: 5 }))).toMatchObject({
    name: 'Riverside Market',
    distance_km: 1.1,
  })
  expect(await find({ near: '41.88,-87.63', radius_km: 25 })).toEqual([])

  const apply = async (businessName: string) => {
    const person = await vendor(api, businessName)
    const params = path(the(await find({ city: 'springfield', region: 'il' })))
    ok(await person.api.client.POST('/markets/{id}/applications', { params, body: {} }))
    return person
  }
  const [vera, paul] = [await apply('Vera’s Fruit'), await apply('Paul’s Fruit')]
  const own = async ({ api }: Person) => the(ok(await api.client.GET('/me/applications')).applications)
  expect(await own(vera)).toMatchObject({ market_name: 'Riverside Market', status: 'pending' })

  expect(await mine()).toMatchObject({ pending_applications: 2 })
  const of = async (businessName: string) => {
    const params = path(await mine())
    const { applications } = ok(await rosa.api.client.GET('/markets/{id}/applications', { params }))
    return {
      params: path(
        the(Array.from(applications).filter(({ business_name }) => business_name === businessName)),
      ),
    }
  }
  ok(await rosa.api.client.POST('/applications/{id}/accept', await of('Vera’s Fruit')))
  ok(await rosa.api.client.POST('/applications/{id}/waitlist', await of('Paul’s Fruit')))
  expect(await own(paul)).toMatchObject({ status: 'waitlisted', waiting_position: 1 })
  const reason = 'She moved to another county'
  const removed = await rosa.api.client.POST('/applications/{id}/remove', {
    ...(await of('Vera’s Fruit')),
    body: { reason },
  })
  expect(ok(removed).contact?.email).toBe(vera.email)
  expect(await own(vera)).toMatchObject({ status: 'rejected', reason })
  ok(await rosa.api.client.POST('/applications/{id}/accept', await of('Paul’s Fruit')))

  const params = path(the(await find({ city: 'springfield', region: 'il' })))
  const { vendors } = ok(await api.client.GET('/markets/{id}', { params }))
  expect(the(vendors).business_name).toBe('Paul’s Fruit')
  ok(await paul.api.client.POST('/applications/{id}/withdraw', { params: path(await own(paul)) }))
  expect(await own(paul)).toMatchObject({ status: 'withdrawn' })
})

function saturday(): string {
  const inAWeek = Temporal.Now.plainDateISO('UTC').add({ days: 7 })
  return inAWeek.add({ days: (13 - inAWeek.dayOfWeek) % 7 }).toString()
}
