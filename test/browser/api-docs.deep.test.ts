import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Api, organizer } from '../support/api.ts'
import { startBrowser, visit } from '../support/browser.ts'
import { type RunningService, startService } from '../support/service.ts'

let service: RunningService
let browser: Browser

beforeAll(async () => {
  ;[service, browser] = await Promise.all([startService({ DATA_DIR: 'memory' }), startBrowser()])
})

afterAll(async () => {
  await browser?.close()
  await service?.stop()
})

it('shows the document, and tries an operation out with a token, with no file from another host', async () => {
  const rosa = await organizer(new Api(service.url))
  const { page, complaints, close } = await visit(browser, service.url)

  await page.goto('/docs')
  expect(await page.title()).toBe('Marketflow API')
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.getByLabel('auth-bearer-value').fill(rosa.api.token!)
  await page.getByRole('button', { name: 'Apply credentials' }).click()
  await page.getByRole('button', { name: 'Close' }).first().click()
  const operation = page.locator('#operations-Markets-createMarket')
  await operation.getByRole('button').first().click()
  await operation.getByRole('button', { name: 'Execute' }).click()

  await operation.locator('.live-responses-table .response-col_status').getByText('201').waitFor()
  const { body } = await rosa.api.get(`/organizers/${rosa.id}/dashboard`)
  expect(body.markets).toEqual({ draft: 1, active: 0, closed: 0 })
  expect(complaints).toEqual([])
  await close()
})

it('takes less than 500 kB on the wire, and shows of an operation’s errors which there are, and headers where they matter', async () => {
  const { page, close } = await visit(browser, service.url)
  const sizes: Promise<number>[] = []
  page.on('requestfinished', (request) => {
    sizes.push(request.sizes().then((size) => size.responseHeadersSize + size.responseBodySize))
  })
  await page.goto('/docs')
  const operation = page.locator('#operations-Markets-createMarket')
  await operation.getByRole('button').first().click()
  const answers = operation.locator('.responses-table > tbody > tr.response')
  await answers.last().waitFor()
  const transferred = (await Promise.all(sizes)).reduce((sum, each) => sum + each, 0)
  expect(transferred).toBeGreaterThan(100_000)
  expect(transferred).toBeLessThan(500_000)

  const statuses = await answers.locator('.response-col_status').allInnerTexts()
  expect(statuses.map((each) => each.trim())).toEqual(['201', '400', '401', '403', '409', '422', 'default'])
  const withHeaders = await answers
    .filter({ hasText: 'Headers' })
    .locator('.response-col_status')
    .allInnerTexts()
  expect(withHeaders.map((each) => each.trim())).toEqual(['201', '401', 'default'])
  await close()
})

it('is dark where its reader wants everything dark, and follows a change of mind', async () => {
  const { page, close } = await visit(browser, service.url, { colorScheme: 'dark' })
  await page.goto('/docs')
  await page.getByRole('heading', { name: 'Marketflow' }).waitFor()
  const brightness = () =>
    page.locator('html').evaluate((element) => {
      const { backgroundColor } = element.ownerDocument.defaultView!.getComputedStyle(element)
      const [red, green, blue, alpha = 1] = backgroundColor.match(/[\d.]+/g)!.map(Number)
      return alpha === 0 ? 255 : (red! + green! + blue!) / 3
    })
  expect(await brightness()).toBeLessThan(64)
  await page.emulateMedia({ colorScheme: 'light' })
  await expect.poll(brightness, { timeout: 10_000 }).toBeGreaterThan(192)
  await close()
})
