import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PRODUCTS } from '../../src/domain/products.ts'
import { Api, activeMarket, applied, organizer, type Person, vendor } from '../support/api.ts'
import { startBrowser, sticksOut, type Visit, visit } from '../support/browser.ts'
import { dose } from '../support/dose.ts'
import { type RunningService, startService } from '../support/service.ts'

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
const DESKTOP = { viewport: { width: 1280, height: 900 } }
/** As long as the API takes it, and without a place to break it. */
const LONGEST = 'Wochenmarktgemeinschaftsverein'.repeat(4)

let service: RunningService
let browser: Browser
let rosa: Person
/** Paths of pages in every state there is. */
const paths: Record<'full' | 'closed' | 'empty' | 'vendor', string> = {
  full: '',
  closed: '',
  empty: '',
  vendor: '',
}

beforeAll(async () => {
  ;[service, browser] = await Promise.all([
    startService({ DATA_DIR: 'memory', CACHE: 'lru' }),
    startBrowser(),
  ])
  const api = new Api(service.url)
  rosa = await organizer(api)
  const pathOf = async (market: string) => `/m/${(await rosa.api.get(`/markets/${market}`)).body.slug}`
  const full = await activeMarket(rosa, { name: LONGEST, city: LONGEST, stall_count: 1 })
  const vera = await vendor(api, LONGEST)
  await vera.api.put(`/vendors/${vera.vendorId}`, {
    website: `https://${'a'.repeat(60)}.example/`,
    description: LONGEST,
    products: PRODUCTS,
  })
  paths.vendor = `/v/${vera.vendorId}`
  await rosa.api.post(`/applications/${await applied(vera, full)}/accept`)
  const closed = await activeMarket(rosa, { name: 'Quay Market', city: 'Porto' })
  await rosa.api.put(`/markets/${closed}`, { status: 'closed' })
  const empty = await activeMarket(rosa, { name: 'Hill Market', city: 'Porto' })
  for (let i = 0; i < 26; i++) await activeMarket(rosa, { name: `Market ${i}`, city: 'Lisbon' })
  Object.assign(paths, { full: await pathOf(full), closed: await pathOf(closed), empty: await pathOf(empty) })
})

afterAll(async () => {
  await browser?.close()
  await service?.stop()
})

describe.each([
  ['with scripts', true],
  ['without scripts', false],
])('a visitor %s', (name, javaScriptEnabled) => {
  let here: Visit
  beforeAll(async () => {
    here = await visit(browser, service.url, { javaScriptEnabled, ...PHONE })
  })
  afterAll(() => here?.close())

  it('walks from the list through a search to a market, and finds a vendor that was accepted a second ago', async () => {
    const { page, complaints } = here
    const business = `Bees ${name}`
    const city = `Tomar ${name}`
    const market = await activeMarket(rosa, { name: `Bridge Market ${name}`, city })
    const application = await applied(await vendor(new Api(service.url), business), market)

    await page.goto('/')
    await page.getByLabel('City').fill(`  ${city.toUpperCase()}`)
    await page.getByRole('button', { name: 'Search' }).click()
    expect(await page.getByRole('heading', { level: 2 }).textContent()).toBe(`1 market in ${city}`)
    expect(await page.getByLabel('City').inputValue()).toBe(city)
    const card = page.getByRole('listitem')
    expect(await card.textContent()).toContain('No vendors')
    await card.getByRole('link').click()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(`Bridge Market ${name}`)
    expect(await page.getByText('No vendor sells here yet.').isVisible()).toBe(true)
    expect(await page.getByText('3 of 3 stalls are free').isVisible()).toBe(true)

    await rosa.api.post(`/applications/${application}/accept`)

    await page.reload()
    expect(await page.getByRole('heading', { name: business }).isVisible()).toBe(true)
    expect(await page.getByText('2 of 3 stalls are free').isVisible()).toBe(true)
    await page.goBack()
    await page.reload()
    expect(await page.getByRole('listitem').textContent()).toContain('1 vendor')
    expect(complaints).toEqual([])
  })

  it('walks from a product to a market, to its vendor, and finds there what the vendor said a second ago', async () => {
    const { page, complaints } = here
    const bees = await vendor(new Api(service.url), `Apiary ${name}`)
    const market = await activeMarket(rosa, { name: `Hive Market ${name}`, city: `Hive ${name}` })
    await rosa.api.post(`/applications/${await applied(bees, market)}/accept`)
    await page.goto('/')
    await page.getByLabel('City').fill(`Hive ${name}`)
    await page.getByLabel('Sells').selectOption('maple syrup')
    await page.getByRole('button', { name: 'Search' }).click()
    expect(await page.getByText('No markets with maple syrup').isVisible()).toBe(true)

    await bees.api.patch(`/vendors/${bees.vendorId}`, { products: ['maple syrup'] })

    await page.reload()
    await page.getByRole('link', { name: `Hive Market ${name}` }).click()
    expect(await page.getByText('Sells maple syrup').isVisible()).toBe(true)
    await page.getByRole('link', { name: `Apiary ${name}` }).click()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(`Apiary ${name}`)
    await page.getByRole('link', { name: 'maple syrup' }).click()
    expect(await page.getByRole('link', { name: `Apiary ${name}` }).isVisible()).toBe(true)
    expect(await page.getByLabel('Sells').inputValue()).toBe('maple syrup')
    expect(complaints).toEqual([])
  })

  it('reads whether a market is open now, as the minutes pass, where scripts run; and no claim where they do not', async () => {
    const { page, complaints } = here
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    const weekday = new Date(day).toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' }).toLowerCase()
    const market = await activeMarket(rosa, { name: `Now ${name}`, city: 'Braga', time_zone: 'UTC' })
    await rosa.api.put(`/markets/${market}/seasons`, {
      seasons: [{ from: day, to: day, weekly: [{ weekday, opens: '08:00', closes: '13:00' }] }],
    })
    const { slug } = (await rosa.api.get(`/markets/${market}`)).body
    if (javaScriptEnabled) await page.clock.install({ time: `${day}T07:00:00Z` })
    await page.goto(`/m/${slug}`)
    const told = () => page.locator('#now').innerText()
    if (!javaScriptEnabled) {
      expect(await page.locator('#now').isVisible()).toBe(false)
      return
    }
    await page.clock.pauseAt(`${day}T07:59:50Z`)
    expect(await told()).toMatch(/^Opens next on .*, at /)
    await page.clock.runFor(10_000)
    expect(await told()).toMatch(/^Open now, until /)
    await page.clock.runFor(5 * 3_600_000 - 1)
    expect(await told()).toMatch(/^Open now/)
    await page.clock.runFor(1)
    expect(await page.locator('#now').isVisible()).toBe(false)
    expect(complaints).toEqual([])
  })

  it('turns the pages of a long list, within a city', async () => {
    const { page, complaints } = here
    await page.goto('/?city=lisbon')
    expect(await page.getByRole('listitem').count()).toBe(24)
    await page.getByRole('link', { name: 'Next' }).click()
    expect(await page.getByRole('listitem').count()).toBe(2)
    expect(await page.getByText('Page 2 of 2').isVisible()).toBe(true)
    await page.getByRole('link', { name: 'Previous' }).click()
    expect(await page.getByRole('listitem').count()).toBe(24)
    expect(complaints).toEqual([])
  })
})

const DEVICES = [
  ['a phone, in the light', PHONE, 'light'],
  ['a desk, in the dark', DESKTOP, 'dark'],
] as const

describe.each<(typeof DEVICES)[number]>(dose([DEVICES[0]], [...DEVICES]))(
  'on %s',
  (_, device, colorScheme) => {
    let here: Visit
    beforeAll(async () => {
      here = await visit(browser, service.url, { ...device, colorScheme })
    })
    afterAll(() => here?.close())

    it.each([
      ['the list', () => '/'],
      ['a page of a city’s list', () => '/?city=lisbon&page=2'],
      ['a city without markets', () => '/?city=Atlantis'],
      ['a market without a free stall', () => paths.full],
      ['a market without vendors', () => paths.empty],
      ['a closed market', () => paths.closed],
      ['a vendor of everything', () => paths.vendor],
      ['the list of vendors', () => '/v'],
      ['a product that no vendor sells', () => '/v?q=atlantis&product=tofu'],
      ['what is near a point', () => '/?near=38.7,-9.1&radius_km=10'],
      ['an error', () => '/m/nowhere'],
    ])('axe finds nothing to complain of in %s, and nothing sticks out', async (_, path) => {
      const { page } = here
      await page.goto(path())
      const { passes, violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
      // Rules that had something to look at.
      expect(passes.length).toBeGreaterThan(15)
      expect(await sticksOut(page)).toBe(false)
    })
  },
)

it('what a market and its vendors say is shown in the paragraphs that they wrote', async () => {
  const bees = await vendor(new Api(service.url), 'Bees in paragraphs')
  const market = await activeMarket(rosa, { name: 'A Market in Paragraphs', city: 'Sintra' })
  const application = await applied(bees, market)
  await bees.api.put(`/vendors/${bees.vendorId}`, { description: 'Honey.\n\nAnd wax.' })
  await rosa.api.put(`/markets/${market}`, { description: 'On Sundays.\nWith music.' })
  await rosa.api.post(`/applications/${application}/accept`)
  const { page, close } = await visit(browser, service.url)
  await page.goto('/m/a-market-in-paragraphs-sintra')
  expect(await page.getByText('Honey.').innerText()).toBe('Honey.\n\nAnd wax.')
  expect(await page.getByText('On Sundays.').innerText()).toBe('On Sundays.\nWith music.')
  await close()
})

describe('the keyboard', () => {
  let here: Visit
  beforeEach(async () => {
    here = await visit(browser, service.url, DESKTOP)
    return () => here.close()
  })

  it('comes to the content first, and shows where it is', async () => {
    const { page } = here
    await page.goto('/')
    await page.keyboard.press('Tab')
    const skip = page.getByRole('link', { name: 'Skip to the content' })
    expect(await skip.evaluate((link) => link === link.ownerDocument.activeElement)).toBe(true)
    expect((await skip.boundingBox())?.y).toBeGreaterThanOrEqual(0)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.type('Porto')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/?city=Porto&*')
    expect(await page.getByRole('listitem').count()).toBe(1)
  })
})

describe('what search engines are told', () => {
  it('is data, which the policy lets stand and does not run', async () => {
    const here = await visit(browser, service.url)
    const { page, complaints } = here
    await page.goto(paths.empty)
    const text = await page.locator('script[type="application/ld+json"]').textContent()
    expect(JSON.parse(text!)).toMatchObject({ '@type': 'LocalBusiness', name: 'Hill Market' })
    expect(complaints).toEqual([])
    await here.close()
  })
})
