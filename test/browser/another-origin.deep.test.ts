import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Api, organizer, type Person } from '../support/api.ts'
import { startBrowser, visit } from '../support/browser.ts'
import { type RunningService, startService } from '../support/service.ts'

/** The page of another site, which asks the API by `fetch` and nothing more. */
const PAGE = `<!doctype html><title>Shop</title><script>
  async function ask(url, method, headers, body) {
    const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) })
    const text = await answer.text()
    const told = Object.fromEntries(answer.headers)
    return { status: answer.status, headers: told, body: text === '' ? undefined : JSON.parse(text) }
  }
</script>`

interface Told {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  // biome-ignore lint/suspicious/noExplicitAny: it may be anything.
  readonly body: any
}

const servers: Server[] = []
let service: RunningService
let browser: Browser
let rosa: Person

async function shop(): Promise<string> {
  const server = createServer((_req, res) => res.setHeader('content-type', 'text/html').end(PAGE))
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

let friend: string

beforeAll(async () => {
  friend = await shop()
  ;[service, browser] = await Promise.all([
    startService({ DATA_DIR: 'memory', CORS_ORIGINS: friend, RATE_LIMIT: 'on' }),
    startBrowser(),
  ])
  rosa = await organizer(new Api(service.url))
})

afterAll(async () => {
  await browser?.close()
  await service?.stop()
  for (const server of servers) server.close()
})

type Ask = (method: string, path: string, headers?: Record<string, string>, body?: object) => Promise<Told>

const from = (page: Page): Ask => {
  return (method, path, headers = {}, body) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const call = [`${service.url}${path}`, method, { ...headers, ...json }, body].map((each) =>
      JSON.stringify(each),
    )
    return page.evaluate<Told>(`ask(${call.join(', ')})`)
  }
}

it('a page on another origin logs in, lists, edits what it has seen, and handles 412 and 429', async () => {
  const { page, close } = await visit(browser, friend)
  await page.goto('/')
  const ask = from(page)
  const login = (password: string) => ask('POST', '/auth/login', {}, { email: rosa.email, password })

  const signedIn = await login('a long enough password')
  expect(signedIn).toMatchObject({ status: 200, body: { account: { id: rosa.id } } })
  const authorization = `Bearer ${signedIn.body.token}`
  for (const name of ['One', 'Two']) {
    const made = await ask(
      'POST',
      '/markets',
      { authorization, 'idempotency-key': name },
      { name, city: 'Salem', stall_count: 2 },
    )
    expect([made.status, made.headers.location]).toEqual([201, `/markets/${made.body.id}`])
  }
  const list = await ask('GET', '/me/markets?page_size=1', { authorization })
  expect(list).toMatchObject({ body: { total: 2 }, headers: { link: expect.stringContaining('rel="next"') } })

  const path = `/markets/${list.body.markets[0].id}`
  const seen = (await ask('GET', path, { authorization })).headers.etag!
  const unchanged = await ask('GET', path, { authorization, 'if-none-match': seen })
  expect([200, 304]).toContain(unchanged.status)
  const edit = (ifMatch: string, name: string) =>
    ask('PATCH', path, { authorization, 'if-match': ifMatch }, { name })
  const edited = await edit(seen, 'Three')
  expect(edited).toMatchObject({ status: 200, body: { name: 'Three' } })
  const stale = await edit(seen, 'Four')
  expect(stale).toMatchObject({ status: 412, body: { code: 'precondition-failed' } })
  expect((await edit(edited.headers.etag!, 'Four')).status).toBe(200)

  let refused = await login('wrong')
  for (let i = 0; i < 20 && refused.status === 401; i++) refused = await login('wrong')
  expect(refused).toMatchObject({ status: 429, body: { code: 'rate-limited' } })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(refused.headers['x-request-id']).toBeDefined()
  await close()
})

it('a page on an origin that is not let in reads nothing, and changes nothing', async () => {
  const { page, close } = await visit(browser, await shop())
  await page.goto('/')
  const ask = from(page)
  await expect(ask('GET', '/markets')).rejects.toThrow(/Failed to fetch/)
  const authorization = `Bearer ${rosa.api.token}`
  const market = { name: 'Forged', city: 'Salem', stall_count: 2 }
  await expect(ask('POST', '/markets', { authorization }, market)).rejects.toThrow(/Failed to fetch/)
  const own = await rosa.api.get('/me/markets')
  expect(own.body.markets.map(({ name }: { name: string }) => name)).not.toContain('Forged')
  await close()
})
