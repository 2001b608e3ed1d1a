import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Answer,
  type Api,
  activeMarket,
  applied,
  Api as Client,
  organizer,
  type Person,
  vendor,
} from '../support/api.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type RunningService, startService } from '../support/service.ts'
import { UNSHRUNK } from '../support/unshrunk.ts'

/** What is written, and how. */
type Write = readonly ['PUT' | 'PATCH' | 'DELETE' | 'POST', path: string, body?: object]

const RUNS = Number(process.env.RUNS ?? 100)

describe('two instances', () => {
  let redis: TestRedis
  let database: FreshDatabase
  let services: RunningService[]
  let rosa: Person
  let vera: Person

  beforeAll(async () => {
    redis = await startRedis()
    database = await freshDatabase()
    const env = { DATABASE_URL: database.url, REDIS_URL: redis.url }
    services = [await startService(env), await startService(env)]
    const api = new Client(services[0]!.url)
    ;[rosa, vera] = [await organizer(api), await vendor(api)]
  })
  afterAll(async () => {
    for (const service of services ?? []) await service.stop()
    await redis?.stop()
    await database?.drop()
  })

  const ask = ({ api }: Person, at: number, [method, path, body]: Write, etag: string): Promise<Answer> =>
    api.at(services[at]!.url).send(method, path, body, { 'if-match': etag })
  const get = ({ api }: { readonly api: Api }, path: string, at: number) =>
    // In another coding, the same text has another tag.
    api.at(services[at]!.url).get(path, { 'accept-encoding': 'identity' })

  /** Each with a thing of its own, what to ask of it, and two writes that would both be allowed alone. */
  const things = {
    market: async () => {
      const path = `/markets/${await activeMarket(rosa)}`
      return [rosa, path, ['PUT', path, { name: 'One' }], ['PATCH', path, { description: 'Other' }]] as const
    },
    draft: async () => {
      const draft = await rosa.api.post('/markets', { name: 'Draft', city: 'X', stall_count: 1 })
      const path = `/markets/${draft.body.id}`
      return [rosa, path, ['DELETE', path], ['PATCH', path, { status: 'active' }]] as const
    },
    vendor: async () => {
      const path = `/vendors/${vera.vendorId}`
      // A write that changes nothing leaves the tag as it is, and then both may succeed.
      await vera.api.put(path, { description: '', category: 'vegetables' })
      return [
        vera,
        path,
        ['PUT', path, { description: 'One' }],
        ['PATCH', path, { category: 'other' }],
      ] as const
    },
    application: async () => {
      const path = `/applications/${await applied(vera, await activeMarket(rosa))}`
      return [rosa, path, ['POST', `${path}/waitlist`], ['POST', `${path}/accept`]] as const
    },
  }

  it('let exactly one of two writes by who has seen the same succeed, and show it with the ETag it was answered with', async () => {
    const tally = { first: 0, second: 0 }
    const plan = fc.record({
      thing: fc.constantFrom(...(Object.keys(things) as (keyof typeof things)[])),
      swapped: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ thing, swapped }) => {
        const [who, path, one, other] = await things[thing]()
        const seen = (await get(who, path, 0)).headers.get('etag')!
        const [first, second] = (swapped ? [other, one] : [one, other]) as [Write, Write]
        const answers = await Promise.all([ask(who, 0, first, seen), ask(who, 1, second, seen)])
        const done = answers.filter(({ status }) => status < 300)
        expect(done.length, answers.map(({ text }) => text).join(' | ')).toBe(1)
        const refused = answers.find(({ status }) => status >= 300)!
        // What was deleted has nothing to compare with.
        expect(['precondition-failed', 'market-not-found']).toContain(refused.body.code)
        if (done[0]!.status === 204) return
        tally[done[0] === answers[0] ? 'first' : 'second'] += 1
        for (const at of [0, 1]) {
          const read = await get(who, path, at)
          expect(read.headers.get('etag')).toBe(done[0]!.headers.get('etag'))
          expect(read.text).toBe(done[0]!.text)
        }
      }),
      { ...UNSHRUNK, numRuns: RUNS },
    )
    expect(tally.first + tally.second).toBeGreaterThan(0)
  }, 120_000)

  it('change nothing for who has seen something else, and everything for who has seen it', async () => {
    for (const make of Object.values(things)) {
      const [who, path, one] = await make()
      const before = await get(who, path, 0)
      for (const stale of ['"nope"', `W/${before.headers.get('etag')}`]) {
        const refused = await ask(who, 1, one as Write, stale)
        expect([refused.status, refused.body.code]).toEqual([412, 'precondition-failed'])
      }
      expect((await get(who, path, 1)).headers.get('etag')).toBe(before.headers.get('etag'))
      const seen = `"other", ${before.headers.get('etag')}`
      expect((await ask(who, 1, one as Write, seen)).status).toBeLessThan(300)
    }
  })

  it('answer a write again that happens once, though what it had seen is no more', async () => {
    const [who, path, , accept] = await things.application()
    const seen = (await get(who, path, 0)).headers.get('etag')!
    const conditions = { 'if-match': seen, 'idempotency-key': path }
    const ask = (at: number, more: Record<string, string>) =>
      who.api.at(services[at]!.url).send('POST', accept[1], undefined, more)
    const first = await ask(0, conditions)
    expect([first.status, first.body.status]).toEqual([200, 'accepted'])
    const again = await ask(1, conditions)
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([
      200,
      first.text,
      first.headers.get('etag'),
    ])
    expect((await ask(1, { 'if-match': seen })).status).toBe(412)
  })
})
