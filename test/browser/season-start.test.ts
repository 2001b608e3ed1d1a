import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startBrowser, visit } from '../support/browser.ts'
import { type RunningService, startService } from '../support/service.ts'

/**
 * The desk of another site: forms and lists, and no field for an id. What a person picks, the page knows from the
 * list that it stands in.
 */
const desk = (
  api: string,
) => `<!doctype html><html lang="en"><title>Desk</title><main></main><script type="module">
const main = document.querySelector('main')
let token
async function ask(method, path, body, more) {
  const headers = { ...more, ...(token && { authorization: 'Bearer ' + token }) }
  if (body) headers['content-type'] = 'application/json'
  const answer = await fetch('${api}' + path, { method, headers, body: body && JSON.stringify(body) })
  const told = await answer.json()
  if (!answer.ok) throw new Error(told.code + ': ' + (told.detail ?? told.title))
  return { ...told, etag: answer.headers.get('etag') }
}
function show(name, tag = 'section') {
  document.querySelector('[aria-label="' + name + '"]')?.remove()
  const element = document.createElement(tag)
  element.setAttribute('aria-label', name)
  main.append(element)
  return element
}
function form(name, fields, act) {
  const element = show(name, 'form')
  for (const field of fields) {
    const label = document.createElement('label')
    const input = document.createElement('input')
    input.name = field
    label.append(field, input)
    element.append(label)
  }
  element.append(button(name, () => act(Object.fromEntries(new FormData(element)))))
}
function button(name, act) {
  const element = document.createElement('button')
  element.type = 'button'
  element.textContent = name
  element.onclick = () => act().then(() => say('done: ' + name), (error) => say(error.message))
  return element
}
function say(text) {
  const line = show('said', 'p')
  line.textContent = text
}
function list(name, things, row) {
  const element = document.createElement('ul')
  for (const thing of things) {
    const item = document.createElement('li')
    const [text, buttons] = row(thing)
    item.append(text, ...Object.entries(buttons).map(([name, act]) => button(name, act)))
    element.append(item)
  }
  show(name).append(element)
}

const account = ['name', 'email', 'password', 'business_name']
form('Register', account, async (given) => {
  const { business_name, ...rest } = given
  const role = business_name ? { role: 'vendor', business_name } : { role: 'organizer' }
  enter(await ask('POST', '/auth/register', { ...rest, ...role }))
})
form('Log in', ['email', 'password'], async (given) => enter(await ask('POST', '/auth/login', given)))

async function enter(signedIn) {
  token = signedIn.token
  await (signedIn.account.role === 'organizer' ? organizer() : vendor())
}

async function organizer() {
  form('New market', ['name', 'street', 'city', 'region', 'country', 'time_zone', 'stall_count'], async (given) => {
    const market = { ...given, stall_count: Number(given.stall_count) }
    await ask('POST', '/markets', market, { 'idempotency-key': crypto.randomUUID() })
    await markets()
  })
  await markets()
}
async function markets() {
  const { markets: all } = await ask('GET', '/me/markets')
  list('My markets', all, ({ id, name, status, pending_applications, waitlisted_applications }) => [
    [name, status, pending_applications + ' pending', waitlisted_applications + ' waiting'].join(', '),
    {
      Hours: async () => form('Season', ['from', 'to', 'weekday', 'opens', 'closes'], async (given) => {
        const { from, to, ...opening } = given
        await ask('PUT', '/markets/' + id + '/seasons', { seasons: [{ from, to, weekly: [opening] }] })
      }),
      Publish: async () => {
        const { etag } = await ask('GET', '/markets/' + id)
        await ask('PATCH', '/markets/' + id, { status: 'active' }, { 'if-match': etag })
        await markets()
      },
      Applications: () => applications(id),
    },
  ])
}
async function applications(market) {
  const { applications: all } = await ask('GET', '/markets/' + market + '/applications')
  const move = (id, verb, body) => async () => {
    await ask('POST', '/applications/' + id + '/' + verb, body)
    await applications(market)
    await markets()
  }
  list('Applications', all, ({ id, business_name, status, message }) => [
    [business_name, status, message].join(', '),
    {
      Accept: move(id, 'accept'),
      Waitlist: move(id, 'waitlist'),
      Remove: async () => form('Why', ['reason'], (given) => move(id, 'remove', given)()),
      Contact: async () => {
        const { contact } = await ask('GET', '/applications/' + id)
        show('Contact').textContent = contact.name + ', ' + contact.email
      },
    },
  ])
}

async function vendor() {
  form('Find', ['city', 'region', 'on'], async (given) => {
    const { markets } = await ask('GET', '/markets?' + new URLSearchParams(given))
    list('Found', markets, ({ id, name, region, days }) => [
      [name, region, ...days.map(({ opens, closes }) => opens + '–' + closes)].join(', '),
      {
        Apply: async () => {
          await ask('POST', '/markets/' + id + '/applications', { message: 'Pears' })
          await own()
        },
      },
    ])
  })
  await own()
}
async function own() {
  const { applications } = await ask('GET', '/me/applications')
  list('My applications', applications, ({ id, market_name, status, reason, waiting_position }) => [
    [market_name, status, reason, waiting_position && 'number ' + waiting_position].filter(Boolean).join(', '),
    {
      Withdraw: async () => {
        await ask('POST', '/applications/' + id + '/withdraw')
        await own()
      },
    },
  ])
}
</script>`

const PASSWORD = 'a long enough password'
/** A Saturday, at least a week ahead. */
const SATURDAY = saturday()
const ID = /[0-9a-f]{8}-[0-9a-f]{4}/

let server: Server
let service: RunningService
let browser: Browser
let origin: string

beforeAll(async () => {
  server = createServer((_req, res) =>
    res.setHeader('content-type', 'text/html; charset=utf-8').end(desk(service.url)),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  ;[service, browser] = await Promise.all([
    startService({ DATA_DIR: 'memory', CORS_ORIGINS: origin }),
    startBrowser(),
  ])
})

afterAll(async () => {
  await browser?.close()
  await service?.stop()
  server?.close()
})

/** A person at the desk, in a browser that knows nothing yet. */
async function sitDown() {
  const { page, close } = await visit(browser, origin)
  await page.goto('/')
  const fill = async (name: string, fields: Readonly<Record<string, string>>) => {
    const form = page.getByRole('form', { name })
    for (const [field, value] of Object.entries(fields))
      await form.getByLabel(field, { exact: true }).fill(value)
    await press(name, form)
  }
  const press = async (name: string, within: Pick<Page, 'getByRole'> = page) => {
    await within.getByRole('button', { name, exact: true }).click()
    await expect.poll(() => page.getByLabel('said').textContent()).toBe(`done: ${name}`)
  }
  const row = (text: string, listed: string) =>
    page.getByRole('region', { name: listed }).getByRole('listitem').filter({ hasText: text })
  const shows = async (listed: string, text: string) => {
    const item = row('', listed).first()
    await expect.poll(() => item.textContent()).toContain(text)
    expect(await page.locator('body').innerText()).not.toMatch(ID)
  }
  return { page, fill, press, row, shows, close }
}

it('an organizer and vendors start a season in a browser, from registration to a stall, and type no id', async () => {
  const rosa = { email: 'rosa@example.org', password: PASSWORD }
  const morning = await sitDown()
  await morning.fill('Register', { ...rosa, name: 'Rosa Almeida' })
  await morning.fill('New market', {
    name: 'Riverside Market',
    street: '1 Water Street',
    city: 'Springfield',
    region: 'IL',
    country: 'US',
    time_zone: 'America/Chicago',
    stall_count: '1',
  })
  await morning.shows('My markets', 'Riverside Market, draft')
  await morning.close()

  // On another day, from another computer: a lost answer is no lost draft.
  const desk = await sitDown()
  await desk.fill('Log in', rosa)
  await desk.press('Hours', desk.row('Riverside', 'My markets'))
  await desk.fill('Season', {
    from: SATURDAY,
    to: SATURDAY,
    weekday: 'saturday',
    opens: '08:00',
    closes: '13:00',
  })
  await desk.press('Publish', desk.row('Riverside', 'My markets'))
  await desk.shows('My markets', 'Riverside Market, active')

  const apply = async (name: string) => {
    const person = await sitDown()
    const signedIn = { email: `${name.toLowerCase()}@example.org`, password: PASSWORD }
    await person.fill('Register', { ...signedIn, name, business_name: `${name}’s Fruit` })
    await person.fill('Find', { city: 'springfield', region: 'il', on: SATURDAY })
    await person.shows('Found', 'Riverside Market, IL, 08:00–13:00')
    await person.press('Apply', person.row('Riverside', 'Found'))
    await person.shows('My applications', 'Riverside Market, pending')
    await person.close()
    return async () => {
      const again = await sitDown()
      await again.fill('Log in', signedIn)
      return again
    }
  }
  const [vera, paul] = [await apply('Vera'), await apply('Paul')]

  await desk.fill('Log in', rosa)
  await desk.shows('My markets', '2 pending')
  await desk.press('Applications', desk.row('Riverside', 'My markets'))
  await desk.press('Accept', desk.row('Vera’s', 'Applications'))
  await desk.press('Waitlist', desk.row('Paul’s', 'Applications'))
  await desk.shows('My markets', '0 pending, 1 waiting')
  await desk.press('Contact', desk.row('Paul’s', 'Applications'))
  expect(await desk.page.getByLabel('Contact', { exact: true }).textContent()).toBe('Paul, paul@example.org')

  const waiting = await paul()
  await waiting.shows('My applications', 'Riverside Market, waitlisted, number 1')
  await waiting.close()
  await desk.press('Remove', desk.row('Vera’s', 'Applications'))
  await desk.fill('Why', { reason: 'She moved to another county' })
  await desk.press('Accept', desk.row('Paul’s', 'Applications'))
  const removed = await vera()
  await removed.shows('My applications', 'Riverside Market, rejected, She moved to another county')
  await removed.close()

  // What a visitor finds of it all, by place and day.
  const { page, close } = await visit(browser, service.url)
  await page.goto(`/?city=springfield&region=il&day=${SATURDAY}`)
  await page.getByRole('link', { name: 'Riverside Market' }).click()
  await page.getByRole('heading', { name: 'Paul’s Fruit' }).waitFor()
  for (const told of ['1 Water Street', 'The only stall is taken'])
    expect(await page.locator('main').innerText()).toContain(told)
  expect(await page.getByText('Vera’s Fruit').count()).toBe(0)
  await close()

  const leaving = await paul()
  await leaving.press('Withdraw', leaving.row('Riverside', 'My applications'))
  await leaving.shows('My applications', 'Riverside Market, withdrawn')
  await leaving.close()
  await desk.close()
})

function saturday(): string {
  const inAWeek = Temporal.Now.plainDateISO('UTC').add({ days: 7 })
  return inAWeek.add({ days: (13 - inAWeek.dayOfWeek) % 7 }).toString()
}
