import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Api, activeMarket, applied, organizer, type Person, vendor } from '../support/api.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, runToEnd, startService } from '../support/service.ts'

const PASSWORD = 'a long enough password'

describe('an account, on two instances', () => {
  let database: FreshDatabase
  let services: RunningService[] = []
  let here: Api
  let there: Api

  beforeAll(async () => {
    database = await freshDatabase()
    const env = { DATABASE_URL: database.url, CACHE: 'lru' }
    services = [await startService(env), await startService(env)]
    ;[here, there] = services.map(({ url }) => new Api(url)) as [Api, Api]
  })
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()))
    await database?.drop()
  })

  const logIn = (email: string, password = PASSWORD) => there.post('/auth/login', { email, password })
  const elsewhere = ({ api }: Person) => api.at(there.url)
  const page = async (slug: string) => (await fetch(`${there.url}/m/${slug}`)).text()

  it('another name shows at once wherever the old one did', async () => {
    const [rosa, vera] = [await organizer(here), await vendor(here)]
    const market = await activeMarket(rosa)
    const application = `/applications/${await applied(vera, market)}`
    const { slug } = (await there.get(`/markets/${market}`)).body
    const told = async () => [
      (await there.get(`/markets/${market}`)).body.organizer.name,
      (await elsewhere(vera).get(application)).body.contact.name,
      (await elsewhere(rosa).get(application)).body.contact.name,
      (await elsewhere(rosa).get('/me')).body.name,
    ]
    expect(await told()).toEqual(['Rosa Organizer', 'Rosa Organizer', 'Vera Vendor', 'Rosa Organizer'])
    expect(await page(slug)).toContain('Rosa Organizer')

    const renamed = await rosa.api.patch('/me', { name: 'Rosa Almeida' })
    expect([renamed.status, renamed.body]).toEqual([
      200,
      { id: rosa.id, email: rosa.email, name: 'Rosa Almeida', role: 'organizer' },
    ])
    expect((await vera.api.patch('/me', { name: 'Vera Lopes' })).status).toBe(200)
    expect(await told()).toEqual(['Rosa Almeida', 'Rosa Almeida', 'Vera Lopes', 'Rosa Almeida'])
    expect(await page(slug)).toContain('Rosa Almeida')
  })

  it('another address takes the password; sessions go on, and one signs in by the new address alone', async () => {
    const [rosa, vera] = [await organizer(here), await vendor(here)]
    const application = `/applications/${await applied(vera, await activeMarket(rosa))}`
    await elsewhere(vera).get(application)
    const email = `new-${rosa.email}`
    const change = (current_password: string, to = email) =>
      rosa.api.patch('/me', { email: to, current_password })
    const wrong = await change('a guess that is long')
    expect([wrong.status, wrong.body.code]).toEqual([403, 'forbidden'])
    const taken = await change(PASSWORD, vera.email.toUpperCase())
    expect([taken.status, taken.body.code, taken.body.errors[0].path]).toEqual([409, 'email-taken', 'email'])
    expect((await logIn(rosa.email)).status).toBe(200)

    expect((await change(PASSWORD, email.toUpperCase())).body.email).toBe(email)
    expect((await elsewhere(rosa).get('/me')).body.email).toBe(email)
    expect((await elsewhere(vera).get(application)).body.contact.email).toBe(email)
    expect([(await logIn(rosa.email)).status, (await logIn(email)).status]).toEqual([401, 200])
    const joining = { email: rosa.email, password: PASSWORD, name: 'Lena', role: 'organizer' }
    expect((await here.post('/auth/register', joining)).status).toBe(201)
  })

  it('an address given up takes its links for a new password along', async () => {
    const rosa = await organizer(here)
    const { output } = await runToEnd('src/infrastructure/bin/accounts.ts', ['reset', rosa.email], {
      DATABASE_URL: database.url,
    })
    const [, secret] = /secret=(\S+)/.exec(output)!
    await rosa.api.patch('/me', { email: `new-${rosa.email}`, current_password: PASSWORD })
    const used = await here.post('/password-resets/use', { secret, new_password: 'another long password' })
    expect([used.status, used.body.code]).toEqual([410, 'reset-link-void'])
  })

  it('of two accounts that take one address at once, one gets it', async () => {
    const people = [await organizer(here), await organizer(here)]
    const email = `both-${people[0]!.email}`
    const answers = await Promise.all(
      people.map(({ api }, i) =>
        api.at([here, there][i]!.url).patch('/me', { email, current_password: PASSWORD }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  it('the page of the account takes address and password, and says what is wrong', async () => {
    const rosa = await organizer(here)
    const send = async (fields: Record<string, string>) => {
      const body = new URLSearchParams({ email: rosa.email, password: PASSWORD, ...fields })
      const answer = await fetch(`${here.url}/account`, { method: 'POST', body })
      return { status: answer.status, text: await answer.text() }
    }
    const wrong = await send({ password: 'a guess that is long', name: 'R. <Almeida>' })
    expect(wrong.status).toBe(401)
    expect(wrong.text).toContain('Wrong e-mail address or password.')
    expect(wrong.text).toContain('value="R. &#60;Almeida&#62;"')
    expect(wrong.text).not.toContain('a guess')
    expect((await send({})).text).toContain('Say what is to change.')
    expect((await send({ new_email: 'nowhere' })).text).toContain(
      'The new address: expected an e-mail address',
    )
    const changed = await send({ name: 'R. Almeida', new_email: `new-${rosa.email}` })
    expect([changed.status, changed.text]).toEqual([
      200,
      expect.stringContaining('It is changed: R. Almeida'),
    ])
    expect((await logIn(`new-${rosa.email}`)).body.account.name).toBe('R. Almeida')
  })
})
