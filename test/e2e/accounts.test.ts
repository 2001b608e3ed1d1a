import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, Api, activeMarket, applied, organizer, type Person, vendor } from '../support/api.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, runToEnd, startService } from '../support/service.ts'

const PASSWORD = 'a long enough password'

describe('an account, on two instances', () => {
  let database: FreshDatabase
  let services: RunningService[] = []
  let here: Api
  let there: Api
  let client: Client
  let holder: Client

  beforeAll(async () => {
    database = await freshDatabase()
    const env = { DATABASE_URL: database.url, CACHE: 'lru' }
    services = [await startService(env), await startService(env)]
    ;[client, holder] = [1, 2].map(() => new Client({ connectionString: database.url })) as [Client, Client]
    await Promise.all([client.connect(), holder.connect()])
    ;[here, there] = services.map(({ url }) => new Api(url)) as [Api, Api]
  })
  afterAll(async () => {
    await Promise.all([client?.end(), holder?.end()])
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

  const leave = ({ api }: Person, current_password = PASSWORD) =>
    api.send('DELETE', '/me', { current_password })

  it('an organizer leaves once its markets are closed: these stay, without its name, and drafts go', async () => {
    const [rosa, vera] = [await organizer(here), await vendor(here)]
    const market = await activeMarket(rosa, { name: 'Quay Market' })
    const draft = (await rosa.api.post('/markets', { name: 'A draft', city: 'Lisbon', stall_count: 3 })).body
      .id
    const application = `/applications/${await applied(vera, market)}`
    await rosa.api.post(`${application}/accept`)
    const { slug } = (await there.get(`/markets/${market}`)).body
    const asks = async () => [
      (await elsewhere(rosa).get('/me')).status,
      (await elsewhere(rosa).get(`/markets/${draft}`)).status,
      (await there.get(`/markets/${market}`)).body.organizer.name,
      (await elsewhere(vera).get(application)).body.contact?.name,
    ]
    expect(await asks()).toEqual([200, 200, 'Rosa Organizer', 'Rosa Organizer'])
    const wrong = await leave(rosa, 'a guess that is long')
    expect([wrong.status, wrong.body.code]).toEqual([403, 'forbidden'])
    const early = await leave(rosa)
    expect([early.status, early.body.code]).toEqual([409, 'market-active'])
    expect(early.body.detail).toContain(`Quay Market (${slug})`)
    expect(await asks()).toEqual([200, 200, 'Rosa Organizer', 'Rosa Organizer'])

    await rosa.api.patch(`/markets/${market}`, { status: 'closed' })
    expect((await leave(rosa)).status).toBe(204)
    expect(await asks()).toEqual([401, 401, 'Former organizer', undefined])
    expect(await page(slug)).toContain('Former organizer')
    expect((await elsewhere(vera).get(application)).body.status).toBe('accepted')
    expect((await vera.api.post(`${application}/withdraw`)).status).toBe(200)
    expect((await logIn(rosa.email)).status).toBe(401)
    expect((await leave(rosa)).status).toBe(401)
    const again = { email: rosa.email, password: PASSWORD, name: 'Rosa', role: 'organizer' }
    expect((await here.post('/auth/register', again)).status).toBe(201)
  })

  it('a vendor leaves its stall, and the markets’ history keeps that it was there, not who it was', async () => {
    const rosa = await organizer(here)
    const [vera, bob] = [await vendor(here, 'Bees & Co'), await vendor(here, 'Breads')]
    const market = await activeMarket(rosa, { stall_count: 1 })
    const elsewhereTo = await activeMarket(rosa)
    const [hers, his] = [await applied(vera, market), await applied(bob, market)]
    const refused = await applied(vera, elsewhereTo)
    await rosa.api.post(`/applications/${hers}/accept`)
    await rosa.api.post(`/applications/${refused}/accept`)
    await rosa.api.post(`/applications/${refused}/remove`, { reason: 'Wilted Bees' })
    const { slug } = (await there.get(`/markets/${market}`)).body
    const told = async () => [
      (await there.get(`/markets/${market}`)).text,
      await page(slug),
      (await elsewhere(rosa).get(`/markets/${market}/applications`)).text,
      (await elsewhere(rosa).get(`/markets/${elsewhereTo}/applications`)).text,
      (await elsewhere(rosa).get(`/applications/${hers}`)).text,
      (await elsewhere(rosa).get(`/organizers/${rosa.id}/dashboard`)).text,
    ]
    for (const text of await told()) expect(text).toContain('Bees')
    expect((await rosa.api.post(`/applications/${his}/accept`)).body.code).toBe('market-full')

    expect((await leave(vera)).status).toBe(204)
    for (const text of await told()) expect(text).not.toContain('Bees')
    expect((await elsewhere(rosa).get(`/applications/${hers}`)).body).toMatchObject({
      business_name: 'Former vendor',
      status: 'withdrawn',
      message: '',
      contact: null,
    })
    expect((await elsewhere(rosa).get(`/applications/${refused}`)).body).toMatchObject({
      status: 'rejected',
      reason: '',
    })
    expect((await there.get(`/vendors/${vera.vendorId}`)).status).toBe(404)
    expect((await elsewhere(vera).get('/me')).status).toBe(401)
    expect((await rosa.api.post(`/applications/${his}/accept`)).status).toBe(200)
  })

  it('of what an account leaves, nothing else of it is in the database', async () => {
    const rosa = await organizer(here)
    const draft = { name: 'A draft', city: 'Lisbon', stall_count: 3 }
    await rosa.api.send('POST', '/markets', draft, { 'idempotency-key': 'once' })
    await runToEnd('src/infrastructure/bin/accounts.ts', ['reset', rosa.email], {
      DATABASE_URL: database.url,
    })
    await client.query(
      `insert into password_reset_requests values ($1, now(), 0, now() + interval '1 hour')`,
      [rosa.email],
    )
    const rows = async () => {
      const found = await client.query(
        `select 'account' as what from accounts where id = $1
         union all select 'answer' from idempotency_keys where account_id = $1
         union all select 'link' from password_resets where account_id = $1
         union all select 'request' from password_reset_requests where email = $2
         union all select 'market' from markets where organizer_id = $1`,
        [rosa.id, rosa.email],
      )
      return found.rows.map(({ what }) => what)
    }
    expect(await rows()).toEqual(['account', 'answer', 'link', 'request', 'market'])
    expect((await leave(rosa)).status).toBe(204)
    expect(await rows()).toEqual([])
  })

  describe('a write of an account that is being deleted', () => {
    const waiting = async () => {
      const { rows } = await client.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return rows.length
    }
    /** Both come to the lock of this row, in this order, and go on from there. */
    const inOrder = async (table: string, id: string, ...both: readonly (() => Promise<Answer>)[]) => {
      await holder.query('begin')
      await holder.query(`select from ${table} where id = $1 for update`, [id])
      const answers: Promise<Answer>[] = []
      for (const [i, ask] of both.entries()) {
        answers.push(ask())
        await expect.poll(waiting, { timeout: 20_000 }).toBe(i + 1)
      }
      await holder.query('commit')
      return Promise.all(answers)
    }

    it('is refused as without a token where it comes later', async () => {
      const [rosa, vera] = [await organizer(here), await vendor(here)]
      const market = await activeMarket(await organizer(here))
      const create = () => rosa.api.post('/markets', { name: 'Late', city: 'Lisbon', stall_count: 3 })
      const apply = () => vera.api.post(`/markets/${market}/applications`, {})
      for (const [left, written] of [
        await inOrder('accounts', rosa.id, () => leave(rosa), create),
        await inOrder('vendors', vera.vendorId, () => leave(vera), apply),
      ]) {
        expect(left!.status).toBe(204)
        expect([written!.status, written!.body.code]).toEqual([401, 'unauthenticated'])
      }
    })

    it('is part of what is left behind where it comes first', async () => {
      const [rosa, vera] = [await organizer(here), await vendor(here)]
      const market = await activeMarket(rosa)
      const apply = () => vera.api.post(`/markets/${market}/applications`, { message: 'In time' })
      const [made, left] = await inOrder('vendors', vera.vendorId, apply, () => leave(vera))
      expect([made!.status, left!.status]).toEqual([201, 204])
      const kept = { business_name: 'Former vendor', status: 'withdrawn', message: '' }
      expect((await elsewhere(rosa).get(`/applications/${made!.body.id}`)).body).toMatchObject(kept)
    })
  })
})
