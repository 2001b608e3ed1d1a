import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HttpError } from '../../../src/adapters/http/kit/problem.ts'
import { ROUTES } from '../../support/api-document.ts'
import { MARKET_ID, TestApi } from './harness.ts'

const BROWSER = { accept: 'text/html,*/*;q=0.8' }

describe.each([
  ['https://markets.example.org', true],
  ['http://markets.example.org', false],
])('with PUBLIC_URL=%s every answer tells browsers what they may do', (publicUrl, https) => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start({ publicUrl })
    api.useCases.showMarket = async () => {
      throw new HttpError('database-unavailable')
    }
  })
  afterAll(() => api.close())

  const expectHeaders = (headers: Record<string, unknown>, what: string) => {
    expect(headers['x-content-type-options'], what).toBe('nosniff')
    expect(headers['content-security-policy'], what).toContain("default-src 'none'")
    expect(headers['content-security-policy'], what).toContain("frame-ancestors 'none'")
    const hsts = headers['strict-transport-security']
    if (https) expect(hsts, what).toMatch(/^max-age=\d{8}/)
    else expect(hsts, what).toBeUndefined()
  }

  it('on every route, asked twice, by GET, OPTIONS and a method that no path has', async () => {
    const paths = ROUTES.map(({ path }) =>
      path.replace(':id', MARKET_ID).replace(':slug', 'gone').replace(':part', '1').replace(':file', 'x.css'),
    )
    for (const path of [...paths, '/nowhere', '/markets?nothing=1', '/markets/%zz', `/${'x'.repeat(5000)}`]) {
      for (const method of ['GET', 'GET', 'HEAD', 'OPTIONS', 'PURGE']) {
        for (const headers of [BROWSER, { 'if-none-match': '*' }]) {
          const answer = await api.fetch(path, { method, headers, as: 'organizer' })
          expectHeaders(Object.fromEntries(answer.headers), `${method} ${path} ${answer.status}`)
        }
      }
    }
  })

  it('where Node answers without asking the app', async () => {
    const port = Number(new URL(api.url).port)
    for (const bytes of [
      'not HTTP at all\r\n\r\n',
      'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: nonsense\r\n\r\n',
    ]) {
      const socket = connect(port, '127.0.0.1')
      socket.write(bytes)
      const [, ...fields] = (await text(socket)).split('\r\n')
      const headers = fields.map((field) => field.split(': ') as [string, string])
      expectHeaders(Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])), bytes)
    }
  })
})
