import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cacheStatusOf, namesEtag } from '../../../src/adapters/http/kit/respond.ts'
import { ListMarkets } from '../../../src/application/markets/market-reads.ts'
import { MARKET_ID, reading, TestApi, VENDOR_ID } from './harness.ts'

describe('Cache-Status', () => {
  it.each([
    [{ kind: 'hit', tier: 'l1', ttlS: 287 }, 'marketflow; hit; ttl=287; detail=l1'],
    [{ kind: 'hit', tier: 'l2', ttlS: 0 }, 'marketflow; hit; ttl=0; detail=l2'],
    [{ kind: 'miss', stored: true }, 'marketflow; fwd=miss; stored'],
    [{ kind: 'miss', stored: false }, 'marketflow; fwd=miss'],
    [{ kind: 'bypass', reason: 'no-lease' }, 'marketflow; fwd=bypass; detail=no-lease'],
    [{ kind: 'unverified', ageS: 12 }, 'marketflow; hit; detail=unverified'],
  ] as const)('of %j is %s', (status, expected) => {
    expect(cacheStatusOf(status)).toBe(expected)
  })
})

describe('If-None-Match', () => {
  it.each([
    ['"v1"', true],
    ['W/"v1"', true],
    ['"v0", "v1"', true],
    ['"v0",W/"v1" , "v2"', true],
    ['*', true],
    ['"v2"', false],
    ['v1', false],
    ['"v1', false],
    ['""', false],
    ['', false],
    ['"a,"v1",b"', false],
  ])('%s names "v1": %s', (header, expected) => {
    expect(namesEtag(header, '"v1"')).toBe(expected)
  })
})

describe('a cacheable GET', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())

  it.each([
    ['/markets', undefined, 'Accept-Encoding'],
    [`/markets/${MARKET_ID}`, undefined, 'Authorization, Accept-Encoding'],
    [`/markets/${MARKET_ID}/stats`, undefined, 'Authorization, Accept-Encoding'],
    [`/markets/${MARKET_ID}/applications`, 'organizer', 'Authorization, Accept-Encoding'],
    [`/vendors/${VENDOR_ID}`, undefined, 'Accept-Encoding'],
    [`/vendors/${VENDOR_ID}/dashboard`, 'vendor', 'Authorization, Accept-Encoding'],
    [`/organizers/${MARKET_ID}/dashboard`, 'organizer', 'Authorization, Accept-Encoding'],
  ] as const)('%s sends the cached bytes, answers 304 to their tag, and HEAD', async (path, as, vary) => {
    const who = as === undefined ? {} : { as }
    const whole = await api.fetch(path, who)
    expect(whole.status).toBe(200)
    expect(await whole.text()).toBe('{"fake":true}')
    const shared = {
      etag: '"v1"',
      'cache-control': 'private, no-cache',
      'cache-status': 'marketflow; hit; ttl=287; detail=l1',
      vary,
    }
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      ...shared,
      'content-type': 'application/json',
      'content-length': '13',
    })

    const unchanged = await api.fetch(path, { ...who, headers: { 'if-none-match': '"v0", W/"v1"' } })
    expect(unchanged.status).toBe(304)
    expect(await unchanged.text()).toBe('')
    expect(Object.fromEntries(unchanged.headers)).toMatchObject(shared)

    const head = await api.fetch(path, { ...who, method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(await head.text()).toBe('')
    expect(Object.fromEntries(head.headers)).toMatchObject({ ...shared, 'content-length': '13' })
  })

  it('tells the age of what it could not verify', async () => {
    api.useCases.listMarkets = async () => reading(ListMarkets.view, { kind: 'unverified', ageS: 95 })
    const { headers } = await api.fetch('/markets')
    expect(headers.get('age')).toBe('95')
    expect(headers.get('cache-status')).toBe('marketflow; hit; detail=unverified')
  })

  it('gives the use case the query in its own terms', async () => {
    const calls: unknown[] = []
    api.useCases.listMarkets = async (params) => {
      calls.push(params)
      return reading(ListMarkets.view)
    }
    await api.fetch('/markets')
    await api.fetch('/markets?page=3&page_size=100&city=%20S%C3%A3o%20Paulo%20')
    expect(calls).toEqual([
      { page: 1, pageSize: 20 },
      { page: 3, pageSize: 100, city: 'são paulo' },
    ])
  })

  it('says nothing of Express', async () => {
    const { headers } = await api.fetch('/markets')
    expect(headers.get('x-powered-by')).toBeNull()
  })
})
