import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MARKET_ID, ORGANIZER, TestApi, VENDOR, VENDOR_ID } from './harness.ts'

const ORGANIZERS = [
  ['POST', '/markets'],
  ['PUT', `/markets/${MARKET_ID}`],
  ['PATCH', `/markets/${MARKET_ID}`],
  ['DELETE', `/markets/${MARKET_ID}`],
  ['GET', '/me/markets'],
  ['GET', `/markets/${MARKET_ID}/applications`],
  ['POST', `/applications/${MARKET_ID}/accept`],
  ['POST', `/applications/${MARKET_ID}/reject`],
  ['POST', `/applications/${MARKET_ID}/waitlist`],
  ['POST', `/applications/${MARKET_ID}/remove`],
  ['GET', `/organizers/${MARKET_ID}/dashboard`],
] as const
const VENDORS = [
  ['POST', `/markets/${MARKET_ID}/applications`],
  ['POST', `/applications/${MARKET_ID}/withdraw`],
  ['PUT', `/vendors/${VENDOR_ID}`],
  ['PATCH', `/vendors/${VENDOR_ID}`],
  ['GET', '/me/applications'],
  ['GET', `/vendors/${VENDOR_ID}/dashboard`],
] as const
const ACCOUNTS = [
  ['GET', '/me'],
  ['GET', `/applications/${MARKET_ID}`],
] as const
const PUBLIC = [
  ['GET', '/markets'],
  ['GET', `/markets/${MARKET_ID}`],
  ['GET', `/markets/${MARKET_ID}/stats`],
  ['GET', `/vendors/${VENDOR_ID}`],
] as const

describe('access', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())
  beforeEach(() => {
    api.calls.length = 0
  })

  it.each([...ORGANIZERS, ...VENDORS, ...ACCOUNTS])('%s %s needs a token', async (method, path) => {
    const response = await api.fetch(path, { method })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await response.json()).toMatchObject({ code: 'unauthenticated' })
    expect(api.calls).toEqual([])
  })

  it.each(ORGANIZERS)('%s %s is not for vendors', async (method, path) => {
    expect((await api.fetch(path, { method, as: 'vendor' })).status).toBe(403)
    expect(api.calls).toEqual([])
  })

  it.each(VENDORS)('%s %s is not for organizers', async (method, path) => {
    expect((await api.fetch(path, { method, as: 'organizer' })).status).toBe(403)
    expect(api.calls).toEqual([])
  })

  it.each([...ORGANIZERS, ...VENDORS, ...ACCOUNTS, ...PUBLIC])(
    '%s %s refuses every bad token',
    async (method, path) => {
      for (const authorization of [
        'Bearer forged',
        'Bearer',
        'Bearer ',
        'Bearer a b',
        'Basic b3JnYW5pemVyLXRva2Vu',
        'organizer-token',
        'Bearer organizer-token, Bearer vendor-token',
        '',
      ]) {
        expect((await api.fetch(path, { method, headers: { authorization } })).status, authorization).toBe(
          401,
        )
      }
      expect(api.calls).toEqual([])
    },
  )

  it.each(PUBLIC)('%s %s is for anyone', async (method, path) => {
    expect((await api.fetch(path, { method })).status).toBe(200)
    expect((await api.fetch(path, { method, as: 'vendor' })).status).toBe(200)
  })

  it('tells use cases who asks', async () => {
    await api.fetch(`/markets/${MARKET_ID}`, { headers: { authorization: 'bEARER organizer-token' } })
    await api.fetch(`/markets/${MARKET_ID}`)
    await api.fetch(`/applications/${MARKET_ID}/withdraw`, { method: 'POST', as: 'vendor' })
    // The second time by the short way.
    for (const as of ['vendor', 'organizer'] as const) await api.fetch(`/applications/${MARKET_ID}`, { as })
    await api.fetch('/me/markets?status=draft', { as: 'organizer' })
    await api.fetch('/me/applications?page=2', { as: 'vendor' })
    expect(api.calls).toEqual([
      ['getMarket', { id: MARKET_ID }, ORGANIZER],
      ['getMarket', { id: MARKET_ID }, undefined],
      ['withdrawApplication', MARKET_ID, VENDOR, { seen: undefined, once: undefined }],
      ['getApplication', { id: MARKET_ID, side: 'vendor' }, VENDOR],
      ['getApplication', { id: MARKET_ID, side: 'organizer' }, ORGANIZER],
      [
        'listOwnMarkets',
        { organizer: ORGANIZER.accountId, status: 'draft', page: 1, pageSize: 20 },
        ORGANIZER,
      ],
      ['listOwnApplications', { vendor: VENDOR_ID, page: 2, pageSize: 20 }, VENDOR],
    ])
  })

  it('of a vendor whose business its token does not name is none, and nothing is asked for it', async () => {
    const { identify } = api.useCases
    api.useCases.identify = async () => ({ ...VENDOR, vendorId: null })
    try {
      for (const [method, path] of VENDORS)
        expect((await api.fetch(path, { method, as: 'vendor' })).status, `${method} ${path}`).toBe(403)
    } finally {
      api.useCases.identify = identify
    }
    expect(api.calls).toEqual([])
  })

  it('asks for a token before it reads a body', async () => {
    const response = await api.fetch('/markets', { method: 'POST', body: '{broken' })
    expect(response.status).toBe(401)
  })
})
