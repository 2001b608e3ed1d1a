import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { StatisticsSnapshot } from '../../src/application/ports/statistics.ts'
import { Api, activeMarket, organizer, type Person } from '../support/api.ts'
import { startBrowser, type Visit, visit } from '../support/browser.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type RunningService, startService } from '../support/service.ts'

const TOKEN = 'the token of the operators'

let redis: TestRedis
let service: RunningService
let browser: Browser
let rosa: Person
let market: string
let operator: Visit

beforeAll(async () => {
  redis = await startRedis()
  const [started, chromium] = await Promise.all([
    // Patient with Redis, so that a busy machine alone shows no outage.
    startService({ DATA_DIR: 'memory', REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '500', ADMIN_TOKEN: TOKEN }),
    startBrowser(),
  ])
  service = started
  browser = chromium
  rosa = await organizer(new Api(service.url))
  market = await activeMarket(rosa)
})

afterAll(async () => {
  await browser?.close()
  await service?.kill()
  await redis?.stop()
})

beforeEach(async () => {
  operator = await visit(browser, service.url)
  await operator.page.goto('/admin')
  await operator.page.getByLabel("Operator's token").fill(TOKEN)
  await operator.page.getByRole('button', { name: 'Sign in' }).click()
  await operator.page.getByText('live', { exact: true }).waitFor()
})

afterEach(async () => {
  await operator.close()
  expect(operator.complaints.filter((complaint) => !/status of (4|502)/.test(complaint))).toEqual([])
})

/** What the live view is sent: a snapshot at once, and then one every second. */
async function* snapshots(): AsyncGenerator<StatisticsSnapshot> {
  const enough = new AbortController()
  const headers = { authorization: `Bearer ${TOKEN}` }
  const { body } = await fetch(`${service.url}/admin/live`, { headers, signal: enough.signal })
  let text = ''
  try {
    for await (const bytes of body!) {
      text += Buffer.from(bytes).toString()
      const lines = text.split('\n')
      text = lines.pop()!
      for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length))
    }
  } finally {
    enough.abort()
  }
}

/** What is shown two seconds from now, on a machine of any speed. */
async function twoSecondsFromNow(): Promise<StatisticsSnapshot> {
  let shown = 0
  for await (const snapshot of snapshots()) if (shown++ === 2) return snapshot
  throw new Error('The stream ended')
}

const read = () => rosa.api.get(`/markets/${market}`)

async function readUntilHit(): Promise<void> {
  while (!(await read()).headers.get('cache-status')?.includes('detail=l1'));
}

describe("the operator's page", () => {
  it('shows reads, hits and writes as they happen, and why something was invalidated', async () => {
    await rosa.api.put(`/markets/${market}`, { name: 'Renamed under watch' })
    await readUntilHit()
    const { page } = operator
    const view = page.getByRole('row', { name: /market-detail/ })
    await expect.poll(() => view.textContent()).toMatch(/l1 [1-9].*stored [1-9]\d* ?[\d.]+ ms[\d.]+ ms$/)
    const write = page.locator('#invalidations tr').first()
    await expect.poll(() => write.textContent()).toContain(`market:${market}`)
    expect(await write.textContent()).toMatch(/market-edited.*invalidated/)
    expect(await page.locator('#cache').textContent()).toContain('connected')
  })

  it('explains a path, and invalidates a tag', async () => {
    const { page } = operator
    const explained = async () => {
      await page.getByLabel('A path of page or API').fill(`/markets/${market}`)
      await page.getByRole('button', { name: 'Explain' }).click()
      await page.getByText('next', { exact: true }).waitFor()
      return page.locator('#answer').textContent()
    }
    await readUntilHit()
    expect(await explained()).toContain('hit in l1')
    await page.getByLabel('Tags, with spaces between').fill(`market:${market} markets:active`)
    await page.getByRole('button', { name: 'Invalidate' }).click()
    await page.getByText('invalidated', { exact: true }).first().waitFor()
    expect(await explained()).toContain('miss: a tag has no stamp')
  })

  it('says what is wrong with what it is asked', async () => {
    const { page } = operator
    await page.getByLabel('A path of page or API').fill('/nowhere')
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.getByText('/nowhere is not cached').waitFor()
  })

  it('goes on after a proxy had no instance to ask', async () => {
    const { page } = operator
    await page.route('**/admin/live', (route) => route.fulfill({ status: 502 }))
    await page.reload()
    await page.getByText('no answer from this instance').waitFor()
    await page.unroute('**/admin/live')
    await page.getByText('live', { exact: true }).waitFor()
  })

  it('asks to sign in again when the session has ended', async () => {
    const { page } = operator
    await page.route('**/admin/live', (route) => route.fulfill({ status: 401 }))
    await page.reload()
    await page.getByLabel("Operator's token").waitFor()
  })

  it('says so when nothing was invalidated yet', async () => {
    const { page } = operator
    const nothing = page.getByText('Nothing was written here')
    await page.locator('#invalidations tr').first().waitFor()
    expect(await nothing.isVisible()).toBe(false)
    const { value: snapshot } = await snapshots().next()
    const event = JSON.stringify({ ...snapshot, invalidations: [] })
    await page.route('**/admin/live', (route) =>
      route.fulfill({ contentType: 'text/event-stream', body: `data: ${event}\n\n` }),
    )
    await page.reload()
    await nothing.waitFor()
  })

  it('says whose numbers it shows, and draws no line from one instance to another', async () => {
    const { page } = operator
    await page.locator('#instance', { hasText: `process ${service.process.pid}` }).waitFor()
    const { value: snapshot } = await snapshots().next()
    // As a load balancer may do: the stream is opened anew, and another instance answers.
    const streams = [['here'], ['here'], ['elsewhere']]
    await page.route('**/admin/live', (route) => {
      const events = (streams.shift() ?? []).map((instance) => ({ ...snapshot, instance }))
      const body = ['retry: 50', ...events.map((event) => `data: ${JSON.stringify(event)}`)].join('\n\n')
      return route.fulfill({ contentType: 'text/event-stream', body: `${body}\n\n` })
    })
    const line = page.getByRole('img', { name: 'Lease age' }).locator('path')
    await page.reload()
    await page.locator('#instance', { hasText: 'elsewhere' }).waitFor()
    expect(await line.getAttribute('d')).not.toContain('L')
  })

  it('has nothing that axe finds inaccessible', async () => {
    await operator.page.getByRole('row', { name: /market-detail/ }).waitFor()
    const { violations } = await new AxeBuilder({ page: operator.page }).analyze()
    expect(violations).toEqual([])
  })

  it('is left by signing out', async () => {
    const { page } = operator
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel("Operator's token").waitFor()
    await page.goto('/admin')
    expect(new URL(page.url()).pathname).toBe('/admin/sign-in')
  })

  it('shows that Redis is gone, and that it is back', async () => {
    const { page } = operator
    await redis.kill()
    expect(await twoSecondsFromNow()).toMatchObject({ cache: { connected: false }, lease: { held: false } })
    await page.locator('#cache.bad', { hasText: 'ECONNREFUSED' }).waitFor()
    await redis.restart()
    await page.locator('#cache', { hasText: 'connected' }).waitFor()
  })

  it('shows that Redis does not answer, and that it does again', async () => {
    const { page } = operator
    redis.pause()
    expect(await twoSecondsFromNow()).toMatchObject({ lease: { held: false } })
    await page.getByText('none: reads go to PostgreSQL').waitFor()
    redis.resume()
    await page.getByText(/^held, /).waitFor()
  })
})

it('a wrong token is refused in words, accessibly', async () => {
  const stranger = await visit(browser, service.url)
  await stranger.page.goto('/admin')
  await stranger.page.getByLabel("Operator's token").fill('guess')
  await stranger.page.getByRole('button', { name: 'Sign in' }).click()
  await stranger.page.getByText('That is not the token.').waitFor()
  const { violations } = await new AxeBuilder({ page: stranger.page }).analyze()
  expect(violations).toEqual([])
  await stranger.close()
})
