import { request } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { allowed } from '../../../src/adapters/http/kit/routes.ts'
import { MARKET_ID, TestApi, VENDOR, VENDOR_ID } from './harness.ts'

describe('the protocol', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())
  beforeEach(() => {
    api.calls.length = 0
  })

  const create = (body: string, headers: Record<string, string> = {}) =>
    api.fetch('/markets', { method: 'POST', as: 'organizer', body, headers })
  const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code

  /** The path as it is, without a client that tidies it up. */
  const statusOf = (path: string, method = 'GET') =>
    new Promise<number | undefined>((resolve, reject) => {
      request(new URL(api.url), { path, method }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })

  it.each(['/nowhere', '/Markets', '/markets/a/b/c', '/applications', '//markets', '/../etc/passwd'])(
    'has no route %s',
    async (path) => {
      expect(await statusOf(path)).toBe(404)
    },
  )

  it.each(['/admin', '/admin/sign-in', '/admin/live', '/admin/console.js'])(
    'has no %s unless operators have a token',
    async (path) => {
      expect(await statusOf(path)).toBe(404)
    },
  )

  it('calls an unknown route by its code', async () => {
    expect(await codeOf(await api.fetch('/nowhere'))).toBe('route-not-found')
  })

  it.each([
    ['/markets', 'GET, HEAD, POST, OPTIONS'],
    [`/markets/${MARKET_ID}`, 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
    [`/applications/${MARKET_ID}/accept`, 'POST, OPTIONS'],
    ['/auth/login', 'POST, OPTIONS'],
    ['/healthz', 'GET, HEAD, OPTIONS'],
  ])('says that %s allows %s', async (path, allow) => {
    const refused = await api.fetch(path, { method: 'PROPFIND' })
    expect(refused.status).toBe(405)
    expect(refused.headers.get('allow')).toBe(allow)
    expect(await codeOf(refused)).toBe('method-not-allowed')
    const options = await api.fetch(path, { method: 'OPTIONS' })
    expect(options.status).toBe(204)
    expect(options.headers.get('allow')).toBe(allow)
    expect(await options.text()).toBe('')
  })

  it('has no HEAD where there is no GET', async () => {
    expect((await api.fetch('/auth/login', { method: 'HEAD' })).status).toBe(405)
    expect(allowed([{ method: 'PUT' }])).toBe('PUT, OPTIONS')
  })

  it.each(['x', '1', `${MARKET_ID}0`, '%00', "' or 1=1 --", '{id}'])(
    'finds nothing under the id %s',
    async (id) => {
      const part = id === '%00' ? id : encodeURIComponent(id)
      expect(await codeOf(await api.fetch(`/markets/${part}`))).toBe('market-not-found')
      expect(await codeOf(await api.fetch(`/vendors/${part}`))).toBe('vendor-not-found')
      expect(await codeOf(await api.fetch(`/organizers/${part}/dashboard`, { as: 'organizer' }))).toBe(
        'organizer-not-found',
      )
      const accept = { method: 'POST', as: 'organizer' } as const
      expect(await codeOf(await api.fetch(`/applications/${part}/accept`, accept))).toBe(
        'application-not-found',
      )
      expect(api.calls).toEqual([])
    },
  )

  it.each(['/markets/%zz', '/markets/%ff', '/markets?city=%zz', '/markets?city=%ff', '/markets?%'])(
    'refuses the broken encoding of %s',
    async (path) => {
      expect(await statusOf(path)).toBe(400)
    },
  )

  it.each(['{', '{"name":}', 'name=a', '{"a":1}}', '\ufffe', "{'a':1}"])(
    'calls %j malformed',
    async (body) => {
      const response = await create(body)
      expect(response.status).toBe(400)
      expect(await codeOf(response)).toBe('malformed-json')
    },
  )

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'application/xml',
    'nonsense',
  ])('takes no %s', async (type) => {
    const response = await create('{}', { 'content-type': type })
    expect(response.status).toBe(415)
    expect(await codeOf(response)).toBe('unsupported-media-type')
  })

  it('takes no compressed body, and no charset but UTF-8', async () => {
    expect((await create('{}', { 'content-encoding': 'gzip' })).status).toBe(415)
    expect((await create('{}', { 'content-type': 'application/json; charset=latin1' })).status).toBe(415)
    expect((await create('{}', { 'content-type': 'Application/JSON; charset=UTF-8' })).status).toBe(400)
  })

  it.each(['utf-7', 'utf-16le', 'utf-32'])('takes no %s, which the parser would', async (charset) => {
    const response = await create('{}', { 'content-type': `application/json; charset=${charset}` })
    expect(response.status).toBe(415)
  })

  it('refuses bytes that are no UTF-8 rather than keep a damaged name', async () => {
    const response = await fetch(`${api.url}/markets`, {
      method: 'POST',
      headers: { authorization: 'Bearer organizer-token', 'content-type': 'application/json' },
      body: Buffer.from('{"name":"Caf\xe9","city":"b","stall_count":1}', 'latin1'),
    })
    expect(response.status).toBe(400)
    expect(await codeOf(response)).toBe('malformed-json')
    expect(api.calls).toEqual([])
  })

  it('takes 100 kB and no more, whether announced or not', async () => {
    const padded = (bytes: number) => `{${' '.repeat(bytes - 2)}}`
    expect((await create(padded(100 * 1024))).status).toBe(400)
    const large = await create(padded(100 * 1024 + 1))
    expect(large.status).toBe(413)
    expect(await codeOf(large)).toBe('payload-too-large')
    const chunked = await fetch(`${api.url}/markets`, {
      method: 'POST',
      headers: { authorization: 'Bearer organizer-token', 'content-type': 'application/json' },
      body: new Blob([padded(300_000)]).stream(),
      duplex: 'half',
    } as RequestInit)
    expect(chunked.status).toBe(413)
  })

  it.each(['['.repeat(50_000) + ']'.repeat(50_000), `${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}`])(
    'survives JSON as deep as its size lets it be',
    async (body) => {
      expect((await create(body)).status).toBe(400)
    },
  )

  it('answers writes as made, and tells no cache to keep them', async () => {
    const created = await create('{"name":"a","city":"b","stall_count":1}')
    expect(created.status).toBe(201)
    expect(created.headers.get('location')).toBe(`/markets/${MARKET_ID}`)
    expect(created.headers.get('cache-control')).toBe('no-store')
    const accepted = await api.fetch(`/applications/${MARKET_ID}/accept`, { method: 'POST', as: 'organizer' })
    expect(accepted.status).toBe(200)
    expect(await accepted.json()).toMatchObject({ status: 'accepted' })
    const applied = await api.fetch(`/markets/${MARKET_ID}/applications`, { method: 'POST', as: 'vendor' })
    expect(applied.status).toBe(201)
    expect(applied.headers.get('location')).toMatch(/^\/applications\/[\w-]+$/)
    const deleted = await api.fetch(`/markets/${MARKET_ID}`, { method: 'DELETE', as: 'organizer' })
    expect([deleted.status, await deleted.text()]).toEqual([204, ''])
  })

  it('shows an account without its password', async () => {
    const account = {
      id: VENDOR.accountId,
      email: 'ada@example.org',
      name: 'Ada',
      role: 'vendor',
      vendor_id: VENDOR_ID,
    }
    expect(await (await api.fetch('/me', { as: 'vendor' })).json()).toEqual(account)
    const login = { method: 'POST', body: { email: 'ada@example.org', password: 'x' } }
    const signedIn = await api.fetch('/auth/login', login)
    expect(signedIn.headers.get('cache-control')).toBe('no-store')
    expect(await signedIn.json()).toEqual({
      account,
      token: 'vendor-token',
      expires_at: new Date(0).toISOString(),
    })
  })

  it.each([
    '/',
    '/m/a-market',
    '/robots.txt',
    '/markets',
    `/markets/${MARKET_ID}`,
    '/healthz',
    '/metrics',
    '/openapi.json',
    '/docs',
    '/nowhere',
  ])('lets no browser guess what %s is', async (path) => {
    const { headers } = await api.fetch(path)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('is alive, ready or not, and counted', async () => {
    expect(await (await api.fetch('/healthz')).json()).toEqual({ status: 'ok' })
    expect((await api.fetch('/readyz')).status).toBe(200)
    api.ready = false
    const unready = await api.fetch('/readyz')
    expect(unready.status).toBe(503)
    expect(unready.headers.get('retry-after')).toBe('1')
    expect(await unready.json()).toMatchObject({ database: 'unreachable' })
    const metrics = await api.fetch('/metrics')
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4')
    expect(await metrics.text()).toBe('up 1\n')
  })

  it('reports every request by its route, once its answer is out', async () => {
    api.reports.length = 0
    await api.fetch(`/markets/${MARKET_ID}`, { headers: { 'x-request-id': 'trace-1' } })
    await api.fetch('/nowhere/at/all')
    await expect.poll(() => api.reports).toHaveLength(2)
    const ms = expect.any(Number)
    expect(api.reports).toMatchObject([
      {
        method: 'GET',
        route: '/markets/:id',
        status: 200,
        ms,
        requestId: 'trace-1',
        cacheStatus: 'marketflow; hit; ttl=287; detail=l1',
      },
      {
        method: 'GET',
        route: 'unmatched',
        status: 404,
        ms,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        cacheStatus: undefined,
      },
    ])
  })
})
