import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Api, activeMarket, organizer, type Person } from '../support/api.ts'
import { startBrowser, sticksOut, type Visit, visit } from '../support/browser.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, runToEnd, startService } from '../support/service.ts'

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
const NEW = 'another long password'

let database: FreshDatabase
let service: RunningService
let browser: Browser

beforeAll(async () => {
  ;[database, browser] = await Promise.all([freshDatabase(), startBrowser()])
  service = await startService({ DATABASE_URL: database.url })
})
afterAll(async () => {
  await browser?.close()
  await service?.stop()
  await database?.drop()
})

/** The path of a link as the operator makes it. */
async function linkFor({ email }: Person): Promise<string> {
  const { output } = await runToEnd('src/infrastructure/bin/accounts.ts', ['reset', email], {
    DATABASE_URL: database.url,
  })
  return /\/reset-password\?\S+/.exec(output)![0]
}

const logIn = (email: string, password: string) =>
  new Api(service.url).post('/auth/login', { email, password })

const WAYS = [
  ['with scripts, on a phone in the dark', true, { ...PHONE, colorScheme: 'dark' }],
  ['without scripts, at a desk', false, {}],
] as const

describe.each(WAYS)('an account’s owner %s', (_, javaScriptEnabled, options) => {
  let here: Visit
  let rosa: Person
  beforeAll(async () => {
    rosa = await organizer(new Api(service.url))
    here = await visit(browser, service.url, { javaScriptEnabled, ...options })
  })
  afterAll(() => here?.close())

  /** Axe looks at the page as it stands; it is a script itself. */
  async function isAccessible(): Promise<void> {
    const { page } = here
    if (!javaScriptEnabled) return
    const { passes, violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    // Rules that had something to look at.
    expect(passes.length).toBeGreaterThan(10)
    expect(await sticksOut(page)).toBe(false)
  }

  it('sets another password by a link, is told what is wrong with one, and that the link works once', async () => {
    const { page, complaints } = here
    const link = await linkFor(rosa)
    const field = page.getByLabel('New password')
    await page.goto(link)
    await isAccessible()
    // The browser holds back what is too short; a client that does not is answered by the service.
    await field.evaluate((input: { removeAttribute(name: string): void }) =>
      input.removeAttribute('minlength'),
    )
    await field.fill('short')
    await page.getByRole('button', { name: 'Set it' }).click()
    expect(await page.getByRole('alert').innerText()).toBe(
      'The password: expected 12 to 128 characters without control characters.',
    )
    await isAccessible()
    await field.fill(NEW)
    await page.getByRole('button', { name: 'Set it' }).click()
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('The password is changed')
    await isAccessible()
    expect((await logIn(rosa.email, NEW)).status).toBe(200)

    await page.goto(link)
    await field.fill('a third long password')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'This link is no longer good' }).waitFor()
    await isAccessible()
    expect(complaints).toEqual([400, 410].map((status) => expect.stringContaining(`status of ${status}`)))
    expect((await logIn(rosa.email, NEW)).status).toBe(200)
  })

  it('takes another name and another address, and is told when the password was wrong', async () => {
    const { page } = here
    const ada = await organizer(new Api(service.url))
    await page.goto('/')
    await page.getByRole('link', { name: 'Your account' }).click()
    await isAccessible()
    await page.getByLabel('E-mail address', { exact: true }).fill(ada.email)
    await page.getByLabel('Password').fill('a wrong and long one')
    await page.getByLabel('New name').fill('Ada Almeida')
    await page.getByLabel('New e-mail address').fill(`new-${ada.email}`)
    await page.getByRole('button', { name: 'Change it' }).click()
    expect(await page.getByRole('alert').innerText()).toBe('Wrong e-mail address or password.')
    expect(await page.getByLabel('New name').inputValue()).toBe('Ada Almeida')
    await isAccessible()
    await page.getByLabel('Password').fill('a long enough password')
    await page.keyboard.press('Enter')
    expect(await page.getByRole('status').innerText()).toBe(`It is changed: Ada Almeida, new-${ada.email}.`)
    await isAccessible()
    expect((await ada.api.get('/me')).body.name).toBe('Ada Almeida')
  })

  it('deletes the account, once the market is closed and the box is checked', async () => {
    const { page } = here
    const ada = await organizer(new Api(service.url))
    const market = await activeMarket(ada, { name: 'Pier Market' })
    const { slug } = (await ada.api.get(`/markets/${market}`)).body
    await page.goto('/account')
    await page.getByRole('link', { name: 'Delete your account' }).click()
    await isAccessible()
    const submit = async () => {
      await page.getByLabel('Password').fill('a long enough password')
      await page.getByLabel('I know that it cannot be undone').check()
      await page.getByRole('button', { name: 'Delete it' }).click()
    }
    await page.getByLabel('E-mail address').fill(ada.email)
    await submit()
    expect(await page.getByRole('alert').innerText()).toBe(`Pier Market (${slug}) is active: close it first.`)
    await isAccessible()
    await ada.api.patch(`/markets/${market}`, { status: 'closed' })
    await submit()
    expect(await page.getByRole('status').innerText()).toBe('Every session has ended.')
    await isAccessible()
    expect((await ada.api.get('/me')).status).toBe(401)
  })
})
