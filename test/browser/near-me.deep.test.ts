import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Api, organizer } from '../support/api.ts'
import { startBrowser, visit } from '../support/browser.ts'
import { type RunningService, startService } from '../support/service.ts'

const PORTLAND = { latitude: 45.5231, longitude: -122.6765 }

let service: RunningService
let browser: Browser

beforeAll(async () => {
  ;[service, browser] = await Promise.all([startService({ DATA_DIR: 'memory' }), startBrowser()])
  const { api } = await organizer(new Api(service.url))
  const open = async (name: string, latitude: number) => {
    const place = { city: 'Portland', latitude, longitude: PORTLAND.longitude }
    const { body } = await api.post('/markets', { name, stall_count: 3, ...place })
    await api.patch(`/markets/${body.id}`, { status: 'active' })
  }
  await open('Far Market', 44)
  await open('Further Market', 45.62)
  await open('Near Market', 45.53)
})

afterAll(async () => {
  await browser?.close()
  await service?.stop()
})

it('who presses «Near me», and lets the browser say where that is, sees what is near, the nearest first', async () => {
  const context = { geolocation: PORTLAND, permissions: ['geolocation'] }
  const { page, complaints, close } = await visit(browser, service.url, context)
  await page.goto('/')
  await page.getByText('Near a point').click()
  await page.getByRole('button', { name: 'Near me' }).click()
  await page.waitForURL('**/?near=45.523*')
  expect(await page.getByRole('heading', { level: 2 }).textContent()).toBe('2 markets within 25 km')
  const cards = await page.getByRole('listitem').allInnerTexts()
  expect(cards.map((card) => card.split('\n')[0])).toEqual(['Near Market', 'Further Market'])
  expect(cards[0]).toMatch(/0\.8 km/)
  // It is rounded before it leaves the browser: a hundred metres name no front door.
  expect(new URL(page.url()).searchParams.get('near')).toBe('45.523,-122.677')

  await page.getByLabel('Within', { exact: true }).selectOption('10')
  await page.getByRole('button', { name: 'Near me' }).click()
  await page.waitForURL('**radius_km=10*')
  expect(await page.getByRole('listitem').count()).toBe(1)
  await page.goBack()
  expect(await page.getByRole('button', { name: 'Near me' }).isEnabled()).toBe(true)
  expect(complaints).toEqual([])
  await close()
})

it('who does not let the browser say it is told so, and can still type a point', async () => {
  const { page, complaints, close } = await visit(browser, service.url, { permissions: [] })
  await page.goto('/')
  await page.getByText('Near a point').click()
  await page.getByRole('button', { name: 'Near me' }).click()
  await page.getByText('Your browser does not say where you are').waitFor()
  await page.getByLabel('Latitude, longitude').fill('45.52, -122.68')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/?near=45.52*')
  expect(await page.getByRole('listitem').count()).toBe(2)
  expect(complaints).toEqual([])
  await close()
})

it('without scripts there is no button that would do nothing', async () => {
  const { page, close } = await visit(browser, service.url, { javaScriptEnabled: false })
  await page.goto('/')
  await page.getByText('Near a point').click()
  expect(await page.getByText('Near me').isVisible()).toBe(false)
  await page.getByLabel('Latitude, longitude').fill('45.52, -122.68')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/?near=45.52*')
  expect(await page.getByRole('listitem').count()).toBe(2)
  await close()
})
