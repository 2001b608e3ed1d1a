import { afterEach, describe, expect, it } from 'vitest'
import { MARKET_ID, TestApi } from './harness.ts'

const SHOP = 'https://shop.example.org'
const FIELDS = ['access-control-allow-origin', 'access-control-expose-headers', 'vary']

describe('pages of other origins', () => {
  let api: TestApi
  afterEach(() => api.close())

  const ask = async (path: string, origin: string, method = 'GET', more: Record<string, string> = {}) => {
    const response = await api.fetch(path, { method, headers: { origin, ...more } })
    return { status: response.status, headers: response.headers }
  }
  const told = ({ headers }: { readonly headers: Headers }) => FIELDS.map((name) => headers.get(name))

  it('are told nothing unless they are let in', async () => {
    api = await TestApi.start()
    expect(told(await ask('/markets', SHOP))).toEqual([null, null, 'Accept-Encoding'])
    const preflight = await ask('/markets', SHOP, 'OPTIONS', { 'access-control-request-method': 'POST' })
    expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-'))).toEqual([])
  })

  it('of the list may read answers, refusals too; others may not, and no cache takes one for the other', async () => {
    api = await TestApi.start({ corsOrigins: ['https://other.example', SHOP] })
    const exposed = expect.stringMatching(/ETag.*Location.*Retry-After.*Cache-Status.*X-Request-Id.*Link/)
    for (const path of ['/markets', '/markets', '/openapi.json', '/openapi.json'])
      expect(told(await ask(path, SHOP)), path).toEqual([SHOP, exposed, 'Origin, Accept-Encoding'])
    expect(told(await ask('/markets?nothing=1', SHOP))).toEqual([SHOP, exposed, 'Origin'])
    expect(told(await ask('/me', SHOP))).toEqual([SHOP, exposed, 'Origin'])
    expect(told(await ask(`/markets/${MARKET_ID}`, SHOP))).toEqual([
      SHOP,
      exposed,
      'Authorization, Origin, Accept-Encoding',
    ])
    for (const origin of ['https://shop.example.com', `${SHOP}.evil.example`, 'null'])
      expect(told(await ask('/markets', origin))).toEqual([null, null, 'Origin, Accept-Encoding'])
  })

  it('may be all, and then no answer depends on the origin', async () => {
    api = await TestApi.start({ corsOrigins: ['*'] })
    for (let i = 0; i < 2; i++)
      expect(told(await ask('/markets', SHOP))).toEqual([
        '*',
        expect.stringContaining('ETag'),
        'Accept-Encoding',
      ])
  })

  it('ask first what they may send', async () => {
    api = await TestApi.start({ corsOrigins: [SHOP] })
    const asking = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'if-match' }
    const { status, headers } = await ask(`/markets/${MARKET_ID}`, SHOP, 'OPTIONS', asking)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-methods')).toMatch(/PUT, PATCH, DELETE/)
    expect(headers.get('access-control-allow-headers')).toMatch(
      /Authorization.*Content-Type.*If-Match.*Idempotency-Key/,
    )
    expect(Number(headers.get('access-control-max-age'))).toBeGreaterThan(0)
    const stranger = await ask(`/markets/${MARKET_ID}`, 'https://a.example', 'OPTIONS', asking)
    expect(stranger.headers.get('access-control-allow-methods')).toBeNull()
  })

  it('read neither what this machine alone may, nor the pages for people', async () => {
    api = await TestApi.start({ corsOrigins: ['*'] })
    for (const path of ['/metrics', '/readyz', '/', '/m/harbor-market', '/admin'])
      expect(told(await ask(path, SHOP))[0], path).toBeNull()
  })
})

describe('every answer', () => {
  it('has the id of its request', async () => {
    const api = await TestApi.start()
    const paths = [
      '/markets',
      '/markets',
      '/nowhere',
      '/',
      '/docs',
      '/healthz',
      '/openapi.json',
      '/robots.txt',
    ]
    for (const path of paths) {
      const answer = await api.fetch(path)
      expect(answer.headers.get('x-request-id'), path).toMatch(/^[0-9a-f-]{36}$/)
      const named = await api.fetch(path, { headers: { 'x-request-id': 'trace-1' } })
      expect(named.headers.get('x-request-id'), path).toBe('trace-1')
    }
    await api.close()
  })
})
