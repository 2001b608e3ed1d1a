import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MARKET_ROUTES } from '../../../src/adapters/http/api/markets.ts'
import { openApiDocument } from '../../../src/adapters/http/openapi/document.ts'
import { ListMarkets } from '../../../src/application/markets/market-reads.ts'
import { ROUTES } from '../../support/api-document.ts'
import { type Ask, reading, TestApi } from './harness.ts'

const FIELDS = ['deprecation', 'sunset', 'link']
const ANNOUNCED = [
  '@1796083200',
  'Tue, 01 Jun 2027 00:00:00 GMT',
  '</docs>; rel="deprecation sunset"; type="text/html"',
]
const MARKET = { name: 'Harbor Market', city: 'Lisbon', stall_count: 3 }

const OPERATIONS = MARKET_ROUTES.flatMap(({ operation }) =>
  operation !== null && ['listMarkets', 'createMarket'].includes(operation.id) ? [operation] : [],
)

describe('an operation that is deprecated', () => {
  let api: TestApi
  beforeAll(async () => {
    // As a release does that announces that they go.
    for (const operation of OPERATIONS) Object.assign(operation, { deprecatedSince: '2026-12-01' })
    api = await TestApi.start({ corsOrigins: ['*'] })
  })
  afterAll(async () => {
    // Other tests of this process have the same rows.
    for (const operation of OPERATIONS) Reflect.deleteProperty(operation, 'deprecatedSince')
    await api.close()
  })

  const told = async (path: string, ask?: Ask) => {
    const { status, headers } = await api.fetch(path, ask)
    return [status, ...FIELDS.map((name) => headers.get(name))]
  }

  it('says so, and when it goes, on every answer: the first one, later ones, 304s and errors', async () => {
    const failure = () => {
      throw new Error('unforeseen')
    }
    for (const _ of ['through Express', 'by the short way']) {
      expect(await told('/markets')).toEqual([200, ...ANNOUNCED])
      expect(await told('/markets', { method: 'HEAD' })).toEqual([200, ...ANNOUNCED])
      expect(await told('/markets', { headers: { 'if-none-match': '*' } })).toEqual([304, ...ANNOUNCED])
    }
    const { listMarkets } = api.useCases
    Object.assign(api.useCases, { listMarkets: failure })
    for (const path of ['/markets', '/markets?page=7']) expect(await told(path)).toEqual([500, ...ANNOUNCED])
    Object.assign(api.useCases, { listMarkets })
    expect(await told('/markets?nothing=1')).toEqual([400, ...ANNOUNCED])
    const ask = { method: 'POST', body: MARKET }
    expect(await told('/markets', { ...ask, as: 'organizer' })).toEqual([201, ...ANNOUNCED])
    expect(await told('/markets', ask)).toEqual([401, ...ANNOUNCED])
  })

  it('links to its pages’ neighbours, too', async () => {
    const body = '{"markets":[],"total":70,"page":2,"page_size":20}'
    const listMarkets = async () => reading(ListMarkets.view, { kind: 'miss', stored: true }, body)
    Object.assign(api.useCases, { listMarkets })
    for (const _ of ['through Express', 'by the short way']) {
      const [, , , link] = await told('/markets?page=2')
      for (const rel of ['deprecation sunset', 'prev', 'next']) expect(link).toContain(`rel="${rel}"`)
    }
  })

  it('lets scripts of other origins read it, and leaves other operations of the same path and others alone', async () => {
    const { headers } = await api.fetch('/markets', { headers: { origin: 'https://shop.example' } })
    expect(headers.get('access-control-expose-headers')).toMatch(/Deprecation.*Sunset/)
    for (const path of ['/me/markets', '/nowhere'])
      expect((await told(path, { as: 'organizer' })).slice(1), path).toEqual([null, null, null])
    expect((await told('/markets', { method: 'OPTIONS' })).slice(1)).toEqual([null, null, null])
  })

  it('stands in the document as deprecated, with its header fields, and nothing else does', () => {
    const { paths, components } = openApiDocument(ROUTES)
    const { get, post } = paths['/markets']!
    for (const operation of [get!, post!]) {
      expect(operation.deprecated).toBe(true)
      const [answer] = Object.values(operation.responses) as { headers: object }[]
      expect(Object.keys(answer!.headers)).toEqual(expect.arrayContaining(['Deprecation', 'Sunset', 'Link']))
    }
    expect(Object.keys(components.headers)).toEqual(expect.arrayContaining(['Deprecation', 'Sunset']))
    expect(JSON.stringify(paths).match(/"deprecated":true/g)).toHaveLength(2)
  })
})
