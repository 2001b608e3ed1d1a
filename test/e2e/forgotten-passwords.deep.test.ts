import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Api, organizer, type Person, vendor } from '../support/api.ts'
import { startMailServer, type TestMailServer } from '../support/mail-server.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, runToEnd, startService } from '../support/service.ts'

const OLD = 'a long enough password'
const NEW = 'another long password'
const PUBLIC_URL = 'https://markets.example.org'

describe('a forgotten password, on two instances', () => {
  let database: FreshDatabase
  let mail: TestMailServer
  let services: RunningService[] = []
  let client: Client
  let here: Api
  let there: Api

  beforeAll(async () => {
    ;[database, mail] = await Promise.all([freshDatabase(), startMailServer()])
    const env = { DATABASE_URL: database.url, PUBLIC_URL, LOG_LEVEL: 'trace' }
    const mailing = { ...env, SMTP_URL: mail.url, MAIL_FROM: 'Markets <markets@example.org>' }
    services = [await startService(mailing), await startService(env)]
    ;[here, there] = services.map(({ url }) => new Api(url)) as [Api, Api]
    client = new Client({ connectionString: database.url })
    await client.connect()
  })
  afterAll(async () => {
    await client?.end()
    await Promise.all(services.map((service) => service.stop()))
    await mail?.stop()
    await database?.drop()
  })

  const mailsTo = (email: string) => mail.mails.filter(({ to }) => to.includes(email))
  const secretIn = (text: string) =>
    decodeURIComponent(/https:\/\/markets\.example\.org\/reset-password\?secret=([\w%-]+)/.exec(text)![1]!)
  const use = (secret: string, password = NEW, api = here) =>
    api.post('/password-resets/use', { secret, new_password: password })
  const command = (...args: string[]) =>
    runToEnd('src/infrastructure/bin/accounts.ts', args, { DATABASE_URL: database.url, PUBLIC_URL })
  /** By the operator's command. */
  const secretFor = async ({ email }: Person) => secretIn((await command('reset', email)).output)

  it('is replaced by a link that was mailed, which ends every session on every instance', async () => {
    const rosa = await organizer(here)
    for (const api of [here, there]) expect((await rosa.api.at(api.url).get('/me')).status).toBe(200)
    const asked = await here.post('/password-resets', { email: rosa.email.toUpperCase() })
    expect([asked.status, asked.text]).toEqual([204, ''])
    await expect.poll(() => mailsTo(rosa.email), { timeout: 20_000 }).toHaveLength(1)
    const [{ text } = { text: '' }] = mailsTo(rosa.email)
    expect(text).toMatch(/^From: Markets <markets@example\.org>/m)

    const changed = await use(secretIn(text))
    expect(changed.status).toBe(200)
    expect(changed.body.account.id).toBe(rosa.id)
    for (const api of [here, there]) expect((await rosa.api.at(api.url).get('/me')).status).toBe(401)
    expect((await there.as(changed.body.token).get('/me')).status).toBe(200)
    const login = (password: string) => there.post('/auth/login', { email: rosa.email, password })
    expect([(await login(OLD)).status, (await login(NEW)).status]).toEqual([401, 200])
    const again = await use(secretIn(text), OLD)
    expect([again.status, again.body.code]).toEqual([410, 'reset-link-void'])
  })

  it('an address without an account is answered alike, sent nothing, and forgotten', async () => {
    const lost = async () =>
      (await client.query("select from password_reset_requests where email = 'no.one@example.org'")).rowCount
    const asked = await here.post('/password-resets', { email: 'no.one@example.org' })
    expect([asked.status, asked.text]).toEqual([204, ''])
    await expect.poll(lost, { timeout: 20_000 }).toBe(0)
    expect(mailsTo('no.one@example.org')).toEqual([])
  })

  it('of two uses of a link at once, exactly one succeeds', async () => {
    const secret = await secretFor(await organizer(here))
    const uses = await Promise.all([use(secret), use(secret, 'a third long password', there)])
    expect(uses.map(({ status }) => status).sort()).toEqual([200, 410])
  })

  it('a link is void once the password has changed, however it did, once it has expired, and if it is made up', async () => {
    const vera = await vendor(here)
    const [byLink, byOwner] = [await secretFor(vera), await secretFor(vera)]
    const expired = await secretFor(vera)
    await client.query(
      'update password_resets set expires_at = now() - interval $$1 ms$$ where expires_at = (select max(expires_at) from password_resets)',
    )
    expect((await use(expired)).status).toBe(410)
    await vera.api.put('/me/password', { current_password: OLD, new_password: NEW })
    for (const secret of [byLink, byOwner, 'made-up']) expect((await use(secret)).status).toBe(410)
  })

  it('the page of a link needs no script, says what is wrong, and is used once', async () => {
    const rosa = await organizer(here)
    const secret = await secretFor(rosa)
    const page = await fetch(`${here.url}/reset-password?secret=${secret}`)
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    const html = await page.text()
    expect(html).toContain(`name="secret" value="${secret}"`)
    const send = async (password: string) => {
      const body = new URLSearchParams({ secret, new_password: password })
      const answer = await fetch(`${here.url}/reset-password`, { method: 'POST', body })
      return { status: answer.status, text: await answer.text() }
    }
    const short = await send('short')
    expect(short.status).toBe(400)
    expect(short.text).toContain('expected 12 to 128 characters')
    expect((await send(NEW)).status).toBe(200)
    expect((await here.post('/auth/login', { email: rosa.email, password: NEW })).status).toBe(200)
    const used = await send(OLD)
    expect(used.status).toBe(410)
    expect(used.text).toContain('no longer good')
  })

  it('a mail that the server refuses is counted, logged without its address, and tried again', async () => {
    const rosa = await organizer(here)
    mail.refuse(true)
    expect((await here.post('/password-resets', { email: rosa.email })).status).toBe(204)
    const waits = () => services[0]!.log.find((line) => line.includes('it is tried again'))
    await expect.poll(waits, { timeout: 20_000 }).toContain(rosa.id)
    expect(waits()).toContain('responseCode 451')
    expect(waits()).not.toContain(rosa.email)
    expect((await here.get('/metrics')).text).toContain(
      'marketflow_password_reset_mails_total{outcome="failed"} 1',
    )
    mail.refuse(false)
    await client.query('update password_reset_requests set due_at = now() where email = $1', [rosa.email])
    await expect.poll(() => mailsTo(rosa.email), { timeout: 20_000 }).toHaveLength(1)
  })

  it('a request that no mail server takes within half an hour is given up, and the log says so', async () => {
    const rosa = await organizer(here)
    mail.refuse(true)
    await client.query(
      `insert into password_reset_requests values ($1, now() - interval '31 minutes', 5, now())`,
      [rosa.email],
    )
    const givenUp = () => services[0]!.log.find((line) => line.includes('is given up'))
    await expect.poll(givenUp, { timeout: 20_000 }).toContain(rosa.id)
    mail.refuse(false)
    const left = await client.query('select from password_reset_requests where email = $1', [rosa.email])
    expect(left.rowCount).toBe(0)
  })

  it('without a mail server, who asks is told whom to ask; the command knows no account that is not there', async () => {
    const refused = await there.post('/password-resets', { email: 'rosa@example.org' })
    expect([refused.status, refused.body.code]).toEqual([409, 'no-mail'])
    expect(refused.body.detail).toContain('ask its operator')
    const unknown = await command('reset', 'no.one@example.org')
    expect([unknown.code, unknown.output]).toEqual([69, expect.stringContaining('There is no account')])
    expect((await command()).code).toBe(64)
  })

  it('no secret of a link is in the database or the log', async () => {
    const rosa = await organizer(here)
    const secret = await secretFor(rosa)
    await fetch(`${here.url}/reset-password?secret=${secret}`)
    expect((await use(secret)).status).toBe(200)
    const { rows } = await client.query('select * from password_resets')
    const logs = services.map(({ log }) => log.join('\n')).join('\n')
    for (const told of [JSON.stringify(rows), logs]) {
      expect(told).not.toContain(secret)
      expect(told).not.toContain('hush-mail')
    }
  })
})
