import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { HttpError } from '../../../../src/adapters/http/kit/problem.ts'
import { ICON, STYLESHEET } from '../../../../src/adapters/http/pages/assets.ts'
import { prefersHtml } from '../../../../src/adapters/http/pages/error-page.ts'
import { layout } from '../../../../src/adapters/http/pages/layout.ts'
import type { ReadStatus } from '../../../../src/application/consistency/reading.ts'
import { ShowMarket } from '../../../../src/application/pages/page-reads.ts'
import { MARKET_ID, reading, TestApi } from '../harness.ts'

/** As Chromium sends it with a navigation. */
const BROWSER = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
}
const POLICY =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'"

describe('the pages', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())
  beforeEach(() => {
    api.calls.length = 0
  })

  it.each(['/', '/m/dock-market'])(
    '%s is sent as it was cached, with its tag and a strict policy',
    async (path) => {
      const whole = await api.fetch(path, { headers: BROWSER })
      expect(whole.status).toBe(200)
      expect(await whole.text()).toBe('{"fake":true}')
      const shared = {
        etag: '"v1"',
        'cache-control': 'private, no-cache',
        'cache-status': 'marketflow; hit; ttl=287; detail=l1',
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'strict-origin-when-cross-origin',
        'cross-origin-opener-policy': 'same-origin',
      }
      expect(Object.fromEntries(whole.headers)).toMatchObject({
        ...shared,
        'content-type': 'text/html; charset=utf-8',
        'content-length': '13',
      })
      const unchanged = await api.fetch(path, { headers: { ...BROWSER, 'if-none-match': '"v1"' } })
      expect(unchanged.status).toBe(304)
      expect(Object.fromEntries(unchanged.headers)).toMatchObject(shared)
      const head = await api.fetch(path, { method: 'HEAD' })
      expect(await head.text()).toBe('')
      expect(Object.fromEntries(head.headers)).toMatchObject({ ...shared, 'content-length': '13' })
    },
  )

  it('insist on HTTPS where the service is reached by it', async () => {
    const secure = await TestApi.start({ publicUrl: 'https://markets.example.org' })
    const { headers } = await secure.fetch('/')
    await secure.close()
    expect(headers.get('content-security-policy')).toBe(`${POLICY};upgrade-insecure-requests`)
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/)
    expect((await api.fetch('/')).headers.get('strict-transport-security')).toBeNull()
  })

  it('take the page and the city, and whatever others append', async () => {
    await api.fetch('/')
    await api.fetch('/?city=%20S%C3%A3o+Paulo&page=3&utm_source=letter')
    await api.fetch('/m/dock-market?fbclid=1')
    expect(api.calls).toEqual([
      ['browseMarkets', { page: 1 }, undefined],
      ['browseMarkets', { page: 3, city: 'são paulo' }, undefined],
      ['showMarket', { slug: 'dock-market' }, undefined],
    ])
  })

  it('take whatever others append, also what is badly encoded', async () => {
    for (const path of [
      '/?utm_campaign=50%off',
      '/?%zz',
      '/?page=1&x=%ff',
      '/m/dock-market?u=50%',
      '/docs?u=%',
    ])
      expect((await api.fetch(path)).status, path).toBe(200)
    for (const path of ['/?city=%zz', '/?page=%zz', '/?x=1&page=%31%zz'])
      expect((await api.fetch(path)).status, path).toBe(400)
  })

  it.each(['/m/Dock', '/m/a--b', '/m/-', '/m/a%20b', '/m/%00', "/m/'", '/m/a.html', '/m/__proto__'])(
    'look nowhere for a market at %s',
    async (path) => {
      const { status, headers } = await api.fetch(path, { headers: BROWSER })
      expect(status).toBe(404)
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(api.calls).toEqual([])
    },
  )

  it('say so where their reader begins when they could not be verified, and promise nothing', async () => {
    const original = api.useCases.showMarket
    const cached = layout({ title: 'Dock Market', main: '<h1>Dock Market</h1>' })
    const answerAs = (status: ReadStatus) => {
      api.useCases.showMarket = async () => reading(ShowMarket.view, status, cached)
      return api.fetch('/m/dock-market', { headers: { ...BROWSER, 'if-none-match': '"v1"' } })
    }
    const unverified = await answerAs({ kind: 'unverified', ageS: 95 })
    const text = await unverified.text()
    const verified = await answerAs({ kind: 'hit', tier: 'l1', ttlS: 287 })
    api.useCases.showMarket = original
    expect(unverified.status).toBe(200)
    expect(unverified.headers.get('etag')).toBeNull()
    expect(unverified.headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
    expect(text).toMatch(/<main id="main">\s*<p class="notice" role="status">.*could not be verified/)
    expect(text).not.toContain('Never out of date')
    expect(text).toContain('<h1>Dock Market</h1>')
    expect(cached).toContain('Never out of date')
    expect(verified.status).toBe(304)
  })

  it('tell their age when they could not be verified', async () => {
    const original = api.useCases.showMarket
    api.useCases.showMarket = async () => reading(ShowMarket.view, { kind: 'unverified', ageS: 95 })
    const { headers } = await api.fetch('/m/dock-market')
    api.useCases.showMarket = original
    expect(headers.get('cache-status')).toBe('marketflow; hit; detail=unverified')
    expect(headers.get('age')).toBe('95')
  })
})

describe('an error', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())

  const failing = (code: 'market-not-found' | 'database-unavailable' | 'internal') => {
    api.useCases.showMarket = async () => {
      throw new HttpError(code, 'secret detail')
    }
  }

  it.each([
    ['market-not-found', 404, 'There is no such market'],
    ['database-unavailable', 503, 'We cannot look this up right now'],
    ['internal', 500, 'Something went wrong on our side'],
  ] as const)('%s is a page for people, with a way on, and %i', async (code, status, title) => {
    failing(code)
    const answer = await api.fetch('/m/gone', { headers: BROWSER })
    const html = await answer.text()
    expect(answer.status).toBe(status)
    expect(html).toContain(`<h1>${title}</h1>`)
    expect(html).toContain('<search>')
    expect(html).not.toContain('secret detail')
    expect(html).not.toContain('Never out of date')
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'cache-control': 'no-store',
      'x-request-id': expect.any(String),
      ...(status === 503 && { 'retry-after': expect.stringMatching(/^\d+$/) }),
    })
  })

  it('is a page for an address that is not ours, or broken', async () => {
    for (const [path, status] of [
      ['/nowhere', 404],
      ['/?page=0', 400],
      ['/?city=%zz', 400],
      [`/m/${'a'.repeat(10_000)}`, 414],
    ] as const) {
      const answer = await api.fetch(path, { headers: BROWSER })
      expect(answer.status, path).toBe(status)
      expect(answer.headers.get('content-type'), path).toBe('text/html; charset=utf-8')
    }
  })

  it('is given for a form of more than 4 kB, which no page of ours sends', async () => {
    const headers = { ...BROWSER, 'content-type': 'application/x-www-form-urlencoded' }
    const send = (length: number) =>
      api.fetch('/reset-password', { method: 'POST', headers, body: `secret=${'x'.repeat(length)}` })
    const [short, long] = [await send(3000), await send(5000)]
    expect([short.status, long.status]).toEqual([400, 413])
  })

  it.each([
    ['/m/gone', {}],
    ['/nowhere', { accept: 'application/json' }],
    [`/markets/${MARKET_ID}?x=1`, BROWSER],
    ['/me', BROWSER],
  ])('at %s is a problem for programs, and in the API for all', async (path, headers) => {
    failing('market-not-found')
    const answer = await api.fetch(path, { headers })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('is a problem where a method is refused', async () => {
    const answer = await api.fetch('/', { method: 'POST', headers: BROWSER })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })
})

describe('HTML is preferred by', () => {
  it.each([
    [BROWSER.accept, true],
    ['text/html', true],
    ['TEXT/HTML;q=0.5', true],
    ['application/json;q=0.9, text/html', true],
    ['application/json, text/html;q=0.9', false],
    ['application/problem+json, text/html;q=0.9', false],
    ['text/html;q=0', false],
    ['*/*', false],
    ['', false],
    [undefined, false],
    [',;=,', false],
  ])('%j: %j', (accept, expected) => {
    expect(prefersHtml(accept)).toBe(expected)
  })
})

describe('the files of the pages', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())

  it.each([
    { ...STYLESHEET, contentType: 'text/css; charset=utf-8' },
    { ...ICON, contentType: 'image/svg+xml' },
  ])('$path may be kept for good', async ({ path, file, contentType }) => {
    const answer = await api.fetch(path)
    expect(answer.status).toBe(200)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(readFileSync(file))
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': contentType,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    })
  })

  it('are found under another release’s name too, but not kept', async () => {
    const answer = await api.fetch('/assets/style.Other-Release.css')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-cache')
  })

  it.each(['/assets/style.css.map', '/assets/other.x.css', '/assets/..%2flayout.ts', '/assets/'])(
    'are no others: %s',
    async (path) => {
      expect((await api.fetch(path)).status).toBe(404)
    },
  )

  it('are small', () => {
    expect(readFileSync(STYLESHEET.file).length).toBeLessThan(12_000)
  })
})

describe('what search engines ask for', () => {
  it('names addresses where the service knows its own', async () => {
    const api = await TestApi.start({ publicUrl: 'https://markets.example.org' })
    const robots = await api.fetch('/robots.txt')
    expect(robots.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await robots.text()).toMatch(
      /^User-agent: \*\n.*\nSitemap: https:\/\/markets\.example\.org\/sitemap\.xml\n$/s,
    )
    expect((await api.fetch('/sitemap.xml')).headers.get('content-type')).toBe(
      'application/xml; charset=utf-8',
    )
    await api.fetch('/sitemap/12.xml')
    expect(api.calls).toEqual([
      ['showSitemap', {}, undefined],
      ['showSitemapPart', { part: 12 }, undefined],
    ])
    for (const path of ['/sitemap/0.xml', '/sitemap/x.xml', '/sitemap/1e9.xml', '/sitemap/100000.xml']) {
      expect((await api.fetch(path)).status, path).toBe(404)
    }
    await api.close()
  })

  it('names none where it does not', async () => {
    const api = await TestApi.start()
    expect(await (await api.fetch('/robots.txt')).text()).not.toContain('Sitemap')
    expect((await api.fetch('/sitemap.xml')).status).toBe(404)
    await api.close()
  })
})
