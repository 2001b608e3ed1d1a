import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Api, organizer } from '../support/api.ts'
import { type RunningService, startService } from '../support/service.ts'

const TOKEN = 'the token of the operators'
const METRICS_TOKEN = 'the token of the scrapers'

let service: RunningService

beforeAll(async () => {
  const tokens = { ADMIN_TOKEN: TOKEN, METRICS_TOKEN }
  service = await startService({ DATA_DIR: 'memory', ...tokens, RATE_LIMIT: 'on', TRUST_PROXY: '1' })
})

afterAll(() => service.kill())

const ask = (path: string, init: RequestInit = {}) =>
  fetch(service.url + path, { redirect: 'manual', ...init })

const signIn = (token: string, headers: Record<string, string> = {}) =>
  ask('/admin/sign-in', { method: 'POST', body: new URLSearchParams({ token }), headers })

async function session(): Promise<string> {
  const [cookie] = (await signIn(TOKEN)).headers.getSetCookie()
  return cookie!.split(';')[0]!
}

it('the metrics are told to a scraper on another machine that has its token, and to no other', async () => {
  const elsewhere = { 'x-forwarded-for': '203.0.113.9' }
  const scrape = async (token?: string) =>
    (
      await ask('/metrics', {
        headers: token ? { ...elsewhere, authorization: `Bearer ${token}` } : elsewhere,
      })
    ).status
  expect([await scrape(), await scrape(TOKEN), await scrape(METRICS_TOKEN)]).toEqual([401, 401, 200])
})

describe('what operators may', () => {
  it.each(['/admin/live', '/admin/explain?path=/markets'])('%s: no other client may', async (path) => {
    const strangers: Record<string, string>[] = [
      {},
      { authorization: 'Bearer not the token' },
      { cookie: 'marketflow_admin=' },
      { cookie: 'marketflow_admin=eyJhbGciOiJub25lIn0.eyJhdWQiOiJtYXJrZXRmbG93LWFkbWluIn0.' },
      { cookie: `marketflow_admin=${TOKEN}` },
    ]
    for (const headers of strangers) expect((await ask(path, { headers })).status).toBe(401)
  })

  it('may be done by a script that sends the token', async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const invalidate = (tags: string[]) =>
      ask('/admin/invalidate', { method: 'POST', headers, body: JSON.stringify({ tags }) })
    const done = await invalidate(['markets:active'])
    expect(done.status).toBe(200)
    expect(await done.json()).toEqual({ invalidated: ['markets:active'] })
    const refused = await invalidate([])
    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({
      errors: [{ path: 'tags', message: 'expected at least one tag' }],
    })
    const explained = await ask('/admin/explain?path=/markets', { headers })
    expect(await explained.json()).toMatchObject({ view: 'market-listing' })
  })

  it('may be done by a browser that showed the token once; no script of a page sees its cookie', async () => {
    const response = await signIn(TOKEN)
    expect(response.status).toBe(303)
    expect(response.headers.getSetCookie()[0]).toMatch(
      /; HttpOnly; SameSite=Strict; Path=\/admin; Max-Age=\d+$/,
    )
    const cookie = await session()
    expect(cookie).not.toContain(TOKEN)
    expect((await ask('/admin', { headers: { cookie } })).status).toBe(200)
    expect((await ask('/admin/explain?path=/markets', { headers: { cookie } })).status).toBe(200)
  })

  it('ends on the server when the browser signs out: a copy of its cookie is good for nothing', async () => {
    const cookie = await session()
    const other = await session()
    const stream = await ask('/admin/live', { headers: { cookie } })
    const reader = stream.body!.getReader()
    await reader.read()
    expect((await ask('/admin/sign-out', { method: 'POST', headers: { cookie } })).status).toBe(303)
    expect((await ask('/admin/explain?path=/markets', { headers: { cookie } })).status).toBe(401)
    expect((await ask('/admin/explain?path=/markets', { headers: { cookie: other } })).status).toBe(200)
    for (;;) if ((await reader.read()).done) break
  })

  it('is not for organizers', async () => {
    const { api } = await organizer(new Api(service.url))
    const headers = { authorization: `Bearer ${api.token}` }
    expect((await ask('/admin/explain?path=/markets', { headers })).status).toBe(401)
  })

  it('cannot be guessed for long, in the form or as a script, and no other account is locked out', async () => {
    const elsewhere = { 'x-forwarded-for': '203.0.113.9' }
    const explain = (token: string) =>
      ask('/admin/explain?path=/markets', { headers: { ...elsewhere, authorization: `Bearer ${token}` } })
    const statuses: number[] = []
    for (let guess = 0; guess < 10; guess++) {
      const { status } = await (guess % 2 === 0 ? signIn('guess', elsewhere) : explain('guess'))
      statuses.push(status)
    }
    expect(new Set(statuses)).toEqual(new Set([403, 401]))
    expect((await signIn(TOKEN, elsewhere)).status).toBe(429)
    const refused = await explain(TOKEN)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await signIn(TOKEN)).status).toBe(303)
  })
})

describe('the live view', () => {
  const headers = { authorization: `Bearer ${TOKEN}` }

  it('says whose numbers it shows: another connection may lead to another instance', async () => {
    const mine = expect.stringContaining(`process ${service.process.pid}`)
    const stream = await ask('/admin/live', { headers })
    let text = ''
    for await (const bytes of stream.body!) {
      text += Buffer.from(bytes).toString()
      if (/^data: .*\n/m.test(text)) break
    }
    expect(JSON.parse(/^data: (.*)$/m.exec(text)![1]!)).toMatchObject({
      instance: mine,
      at: expect.any(String),
    })
    const explained = await ask('/admin/explain?path=/markets', { headers })
    expect(await explained.json()).toMatchObject({ instance: mine })
  })

  it('has a head, which ends', async () => {
    const head = await ask('/admin/live', { method: 'HEAD', headers })
    expect(head.status).toBe(200)
    expect(head.headers.get('content-type')).toBe('text/event-stream')
    expect(await head.text()).toBe('')
    expect((await ask('/admin/live', { method: 'HEAD' })).status).toBe(401)
  })
})

it('an open live view does not keep the service from stopping', async () => {
  const headers = { authorization: `Bearer ${TOKEN}` }
  const stream = await ask('/admin/live', { headers })
  const reader = stream.body!.getReader()
  await reader.read()
  expect(await service.stop()).toBe(0)
  for (;;) if ((await reader.read()).done) break
})
