import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBrowser, type Visit, visit } from '../support/browser.ts'
import { type Fleet, startFleet, warm } from '../support/fleet.ts'

const PROMISE = 'Never out of date'
const MARK = 'could not be verified'

let fleet: Fleet
let browser: Browser
let here: Visit

beforeAll(async () => {
  ;[fleet, browser] = await Promise.all([startFleet({ size: 1, cache: 'tiered' }), startBrowser()])
  here = await visit(browser, fleet.instances[0]!.api.url)
})

afterAll(async () => {
  await here?.close()
  await browser?.close()
  await fleet?.stop()
})

it('a person sees that a page could not be verified, and no page that was not looked up promises to be current', async () => {
  await warm(fleet)
  const { page } = here
  const { postgres } = fleet.instances[0]!
  postgres.heal()
  // An instance that was slow to drain has no lease for a moment, and keeps nothing.
  await expect.poll(() => cacheStatusOf(page, '/')).toContain('; hit; ttl=')
  expect(await textOf(page, '/')).toContain(PROMISE)
  postgres.cut()
  // In one look: a drain that was under way may still renew the lease, and the page is verified once more.
  await expect.poll(async () => told(await textOf(page, '/'))).toEqual({ mark: true, promise: false })
  await expect(page.getByRole('status').isVisible()).resolves.toBe(true)

  const refused = await page.goto(new URL('/?city=Nowhere', page.url()).href)
  expect(refused!.status()).toBe(503)
  expect(await page.innerText('body')).not.toContain(PROMISE)

  postgres.heal()
  await expect.poll(() => textOf(page, '/')).toContain(PROMISE)
  expect(await textOf(page, '/')).not.toContain(MARK)
})

function told(text: string) {
  return { mark: text.includes(MARK), promise: text.includes(PROMISE) }
}

async function cacheStatusOf(page: Page, path: string): Promise<string | undefined> {
  const answer = await page.goto(new URL(path, fleet.instances[0]!.api.url).href)
  return answer?.headers()['cache-status']
}

async function textOf(page: Page, path: string): Promise<string> {
  await page.goto(new URL(path, fleet.instances[0]!.api.url).href)
  return page.innerText('body')
}
