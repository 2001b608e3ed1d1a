import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, organizer, vendor } from '../support/api.ts'
import { type Fleet, isUnverified, LEASE_MS, read, startFleet, warm } from '../support/fleet.ts'

const REVOKED = 'Bearer error="invalid_token"'

describe('sessions, on two instances', () => {
  let fleet: Fleet
  let here: Api
  let there: Api

  beforeAll(async () => {
    fleet = await startFleet({ env: { RATE_LIMIT: 'on' } })
    ;[here, there] = fleet.instances.map(({ api }) => api) as [Api, Api]
  })
  afterAll(() => fleet?.stop())

  it('signing out everywhere ends every token on every instance, before it is answered', async () => {
    const rosa = await organizer(here)
    const { email } = rosa
    const login = await there.post('/auth/login', { email, password: 'a long enough password' })
    const phone = here.as(login.body.token)
    // Known to both as good, so that both have something to forget.
    for (const api of [rosa.api, phone]) {
      for (const at of [here, there]) expect((await api.at(at.url).get('/me')).status).toBe(200)
    }

    const answer = await phone.post('/auth/sign-out-everywhere')
    expect([answer.status, answer.text]).toEqual([204, ''])

    for (const api of [rosa.api, phone]) {
      for (const at of [there, here]) {
        const refused = await api.at(at.url).get('/me')
        expect(refused.status).toBe(401)
        expect(refused.headers.get('www-authenticate')).toBe(REVOKED)
        expect(refused.body.code).toBe('unauthenticated')
      }
    }
    const again = await there.post('/auth/login', { email, password: 'a long enough password' })
    expect((await here.as(again.body.token).get('/me')).status).toBe(200)
  })

  it('a new password ends every session but the one that it begins', async () => {
    const vera = await vendor(here)
    const { email } = vera
    await vera.api.at(there.url).get('/me')
    const passwords = { current_password: 'a long enough password', new_password: 'another long password' }

    const wrong = await vera.api.put('/me/password', { ...passwords, current_password: 'a guess' })
    expect([wrong.status, wrong.body.code]).toEqual([403, 'forbidden'])
    const changed = await vera.api.put('/me/password', passwords)
    expect(changed.status).toBe(200)
    expect(changed.body.account).toMatchObject({ id: vera.id, vendor_id: vera.vendorId })

    expect((await vera.api.at(there.url).get(`/vendors/${vera.vendorId}/dashboard`)).status).toBe(401)
    expect((await there.as(changed.body.token).get('/me')).status).toBe(200)
    const login = (password: string) => there.post('/auth/login', { email, password })
    expect((await login(passwords.current_password)).status).toBe(401)
    expect((await login(passwords.new_password)).status).toBe(200)
  })

  it('guesses at a password are counted by all instances together', async () => {
    const { email } = await organizer(here)
    const guess = async (api: Api) => (await api.post('/auth/login', { email, password: 'a guess' })).status
    for (let i = 0; i < 5; i++) expect([await guess(here), await guess(there)]).toEqual([401, 401])
    expect([await guess(here), await guess(there)]).toEqual([429, 429])
  })

  it('with PostgreSQL out of reach no account is let in unverified, and what everybody may see stays readable', async () => {
    await warm(fleet)
    const { api, postgres } = fleet.instances[0]!
    const own = `/organizers/${fleet.rosa.id}/dashboard`
    expect((await fleet.rosa.api.get(own)).status).toBe(200)
    expect((await fleet.rosa.api.get('/markets')).status).toBe(200)

    postgres.cut()
    await expect.poll(async () => isUnverified(await read(fleet, api)), { timeout: 10 * LEASE_MS }).toBe(true)
    const refused = await fleet.rosa.api.get(own)
    expect([refused.status, refused.body.code]).toEqual([503, 'database-unavailable'])
    await expect.poll(async () => isUnverified(await fleet.rosa.api.get('/markets'))).toBe(true)
  })
})
