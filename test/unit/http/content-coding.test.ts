import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { compress, preferredCoding } from '../../../src/adapters/http/kit/content-coding.ts'
import { Reading, type ReadStatus } from '../../../src/application/consistency/reading.ts'
import { ListMarkets } from '../../../src/application/markets/market-reads.ts'
import { TestApi } from './harness.ts'

const TEXT = JSON.stringify(
  Array.from({ length: 100 }, (_, i) => ({ market: `Market ${i}`, city: 'Lisbon' })),
)
const BODY = Buffer.from(TEXT)
const HIT: ReadStatus = { kind: 'hit', tier: 'l1', ttlS: 287 }

describe('the content coding of an answer', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['GZIP', 'gzip'],
    ['zstd', 'zstd'],
    ['br;q=0.5, gzip', 'gzip'],
    ['br;q=0, *', 'gzip'],
    ['identity, br;q=0.1', 'identity'],
    ['deflate', 'identity'],
    ['identity;q=0', 'identity'],
    [';;;q=q', 'identity'],
  ])('for a client that sends Accept-Encoding: %s is %s', (accepted, coding) => {
    expect(preferredCoding(accepted)).toBe(coding)
    // From what it remembers, too.
    expect(preferredCoding(accepted)).toBe(coding)
  })

  it('is none for what is short, or does not get shorter', () => {
    expect(compress(Buffer.from('{"short":true}'))).toBeUndefined()
    expect(compress(crypto.getRandomValues(Buffer.alloc(2000)))).toBeUndefined()
    expect(compress(BODY)!.br.byteLength).toBeLessThan(BODY.byteLength / 3)
  })
})

describe('a cached read', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())
  beforeEach(() => {
    const life = { visibleTo: '', loadedAt: 0, expiresAt: 0, loadMs: 0 }
    const entry = { body: BODY, encoded: compress(BODY)!, etag: '"tag"', ...life }
    api.useCases.listMarkets = async () => new Reading(ListMarkets.view, entry, HIT)
  })

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
  ] as const)(
    'is sent as %s to a client that asks for it, under a tag of its own',
    async (coding, decompress) => {
      const headers = { 'accept-encoding': coding }
      const answer = await api.raw('/markets', headers)
      expect(answer.headers).toMatchObject({
        'content-encoding': coding,
        etag: `"tag.${coding}"`,
        vary: 'Accept-Encoding',
        'content-length': String(answer.body.byteLength),
      })
      expect(decompress(answer.body).toString()).toBe(TEXT)
      expect(answer.body.byteLength).toBeLessThan(BODY.byteLength / 3)

      const again = await api.raw('/markets', { ...headers, 'if-none-match': `W/"tag.${coding}"` })
      expect(again).toMatchObject({
        status: 304,
        headers: { etag: `"tag.${coding}"`, vary: 'Accept-Encoding' },
      })
      expect(again.headers['content-encoding']).toBeUndefined()
    },
  )

  it('is sent as it is to a client that asks for no coding, also where it has the text in another', async () => {
    const answer = await api.raw('/markets', { 'if-none-match': '"tag.br"' })
    expect(answer).toMatchObject({ status: 200, headers: { etag: '"tag"', vary: 'Accept-Encoding' } })
    expect(answer.headers['content-encoding']).toBeUndefined()
    expect(answer.body.toString()).toBe(TEXT)
  })

  it('says to HEAD what GET would be answered', async () => {
    const answer = await api.raw('/markets', { 'accept-encoding': 'gzip' }, 'HEAD')
    expect(answer.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': String(compress(BODY)!.gzip.byteLength),
    })
    expect(answer.body.byteLength).toBe(0)
  })
})

describe('a file of ours', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())

  it('is compressed for clients that take it, so that /docs takes less than 550 kB', async () => {
    const paths = [
      '/docs',
      '/docs/viewer.js',
      '/docs/swagger-ui.css',
      '/docs/swagger-ui-bundle.js',
      '/openapi.json',
    ]
    for (const coding of ['br', 'gzip']) {
      const answers = await Promise.all(paths.map((path) => api.raw(path, { 'accept-encoding': coding })))
      expect(answers.map(({ headers }) => headers['content-encoding'])).toEqual(paths.map(() => coding))
      const bytes = answers.reduce((sum, { body }) => sum + body.byteLength, 0)
      expect(bytes).toBeLessThan(550_000)
    }
  })

  it('is the same text in each coding, and 304 to a client that has it', async () => {
    const path = '/docs/swagger-ui.css'
    const plain = await api.raw(path)
    const { body, headers } = await api.raw(path, { 'accept-encoding': 'br' })
    expect(brotliDecompressSync(body).equals(plain.body)).toBe(true)
    expect([plain.headers.vary, headers.vary]).toEqual(['Accept-Encoding', 'Accept-Encoding'])
    expect(plain.headers['content-type']).toBe(headers['content-type'])
    const again = await api.raw(path, { 'accept-encoding': 'br', 'if-none-match': headers.etag! })
    expect(again.status).toBe(304)
  })

  it('is a picture as it is', async () => {
    const { headers } = await api.raw('/docs/favicon.png', { 'accept-encoding': 'br, gzip' })
    expect(headers['content-encoding']).toBeUndefined()
  })
})
