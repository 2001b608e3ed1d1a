import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MARKET_ID, ORGANIZER, TestApi, VENDOR, VENDOR_ID } from './harness.ts'

const MARKET = '{"name":"a","city":"b","stall_count":1}'

describe('Idempotency-Key', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())
  beforeEach(() => {
    api.calls.length = 0
  })

  const post = (path: string, key: string, as?: 'organizer' | 'vendor', body?: unknown) =>
    api.fetch(path, { method: 'POST', as, body, headers: { 'idempotency-key': key } })

  /** What the use case was told of it. */
  const told = () =>
    api.calls.map((call) => {
      const last = call.findLast((each) => typeof each === 'object' && each !== null && !('role' in each))
      return (last as { once?: object }).once ?? last
    }) as { key: string; request: string }[]

  it('reaches every write that makes or moves something, with whose it is', async () => {
    const writes = [
      ['/markets', 'organizer', MARKET],
      [`/markets/${MARKET_ID}/applications`, 'vendor', {}],
      ...['accept', 'reject', 'waitlist'].map(
        (verb) => [`/applications/${MARKET_ID}/${verb}`, 'organizer'] as const,
      ),
      [`/applications/${MARKET_ID}/remove`, 'organizer', { reason: 'x' }],
      [`/applications/${MARKET_ID}/withdraw`, 'vendor'],
    ] as const
    for (const [path, as, body] of writes)
      expect((await post(path, 'k-1', as, body)).status).toBeLessThan(300)
    for (const [i, once] of told().entries()) {
      const { accountId } = writes[i]![1] === 'vendor' ? VENDOR : ORGANIZER
      expect(once).toEqual({ accountId, key: 'k-1', request: expect.stringMatching(/^[\w-]{43}$/) })
    }
    expect(new Set(told().map(({ request }) => request)).size).toBe(writes.length)
  })

  it('stands for what is asked, however it is written, and for nothing else', async () => {
    const same = '{ "stall_count": 1, "city": " b", "name": "a" }'
    for (const body of [MARKET, same, MARKET.replace('"a"', '"c"')])
      await post('/markets', 'k', 'organizer', body)
    const [one, other, another] = told().map(({ request }) => request)
    expect(one).toBe(other)
    expect(another).not.toBe(one)
  })

  it('of one thing is not that of another, though all else that is asked is the same', async () => {
    for (const id of [MARKET_ID, VENDOR_ID, MARKET_ID])
      await post(`/applications/${id}/accept`, 'k', 'organizer')
    const [one, other, again] = told().map(({ request }) => request)
    expect(other).not.toBe(one)
    expect(again).toBe(one)
  })

  it.each([
    ['"8e03978e"', '8e03978e'],
    ['8e03978e', '8e03978e'],
    ['"', '"'],
  ])('%s is %s', async (sent, key) => {
    await post('/markets', sent, 'organizer', MARKET)
    expect(told()[0]!.key).toBe(key)
  })

  it.each(['', '""', 'a b', 'x'.repeat(256), 'é'])('is not %s', async (key) => {
    const answer = await post('/markets', key, 'organizer', MARKET)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ errors: [{ path: 'headers.Idempotency-Key' }] })
    expect(api.calls).toEqual([])
  })

  it('is nothing to a login, whose answer is a token', async () => {
    const login = { email: 'ada@example.org', password: 'tomatoes in november' }
    expect((await post('/auth/login', 'k', undefined, login)).status).toBe(200)
    expect(api.calls).toEqual([['logIn', login.email, login.password]])
  })
})
