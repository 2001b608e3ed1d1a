import { describe, expect, it } from 'vitest'
import { HttpError } from '../../../src/adapters/http/kit/problem.ts'
import { type Ask, MARKET_ID, TestApi, VENDOR_ID } from './harness.ts'

/** Every cached read, with an account that may read it. */
const READS = [
  ['/markets?page=2', undefined],
  ['/markets/', undefined],
  [`/markets/${MARKET_ID}`, undefined],
  [`/markets/${MARKET_ID}`, 'organizer'],
  [`/markets/${MARKET_ID}/stats`, undefined],
  [`/markets/${MARKET_ID}/applications?status=pending`, 'organizer'],
  [`/vendors/${VENDOR_ID.toUpperCase()}`, undefined],
  [`/vendors/${VENDOR_ID}/dashboard`, 'vendor'],
  [`/organizers/${MARKET_ID}/dashboard`, 'organizer'],
  ['/me/markets?status=draft', 'organizer'],
  ['/me/applications', 'vendor'],
  [`/applications/${MARKET_ID}`, 'vendor'],
  ['/?city=lisbon&from=a+friend', undefined],
  ['/m/harbor-market', undefined],
] as const

const SHARED = { corsOrigins: ['https://shop.example.org'] }

const WAYS: Record<string, Ask> = {
  'in the same way': {},
  'with HEAD': { method: 'HEAD' },
  'by who has it': { headers: { 'if-none-match': '"v1"' } },
  'under an id': { headers: { 'x-request-id': 'trace-1' } },
  'without an account': { as: undefined },
  'by an organizer': { as: 'organizer' },
  'by a vendor': { as: 'vendor' },
  'with a bad token': { headers: { authorization: 'Bearer forged' } },
  'from an origin that may': { headers: { origin: 'https://shop.example.org' } },
  'from an origin that may not': { headers: { origin: 'https://shop.example.com' } },
  'with OPTIONS': { method: 'OPTIONS' },
  'with DELETE': { method: 'DELETE' },
}

/** What a client and an access log see, without what differs from one request to the next. */
async function ask(api: TestApi, path: string, how: Ask) {
  api.reports.length = 0
  const response = await api.fetch(path, how)
  const headers = Object.fromEntries(response.headers)
  const body = await response.text()
  await expect.poll(() => api.reports).toHaveLength(1)
  const id = api.reports[0]!.requestId
  return {
    status: response.status,
    headers: {
      ...headers,
      date: '',
      'x-request-id': headers['x-request-id'] === id ? 'as logged' : undefined,
    },
    body: body.replaceAll(id, 'the id'),
    report: { ...api.reports[0]!, ms: 0, requestId: how.headers?.['x-request-id'] === id ? id : 'made' },
    errors: api.errors.splice(0),
  }
}

describe('a read whose URL is known', () => {
  it.each(Object.entries(WAYS))('is answered as if it were not, when asked %s', async (_, way) => {
    for (const [path, as] of READS) {
      const [fresh, known] = [await TestApi.start(SHARED), await TestApi.start(SHARED)]
      await known.fetch(path, { as })
      const how = { as, ...way }
      expect(await ask(known, path, how)).toEqual(await ask(fresh, path, how))
      await fresh.close()
      await known.close()
    }
  })

  it.each([
    ['is gone', new HttpError('market-not-found')],
    ['cannot be loaded', new HttpError('database-unavailable', undefined, { retryAfterS: 1 })],
    ['fails in an unforeseen way', new Error('unforeseen')],
  ])('is answered as if it were not, when what it asks for %s', async (_, error) => {
    const [fresh, known] = [await TestApi.start(SHARED), await TestApi.start(SHARED)]
    const path = `/markets/${MARKET_ID}`
    await known.fetch(path)
    for (const api of [fresh, known]) api.useCases.getMarket = () => Promise.reject(error)
    const how = { headers: { origin: 'https://shop.example.org' } }
    const answer = await ask(known, path, how)
    expect(answer.status).toBeGreaterThanOrEqual(404)
    expect(answer).toEqual(await ask(fresh, path, how))
    await fresh.close()
    await known.close()
  })
})
