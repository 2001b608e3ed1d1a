import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { networkOf } from '../../../src/adapters/http/client-network.ts'
import { RateLimits } from '../../../src/adapters/http/rate-limits.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'
import { TestApi } from './harness.ts'

describe('limits by address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0DB8:1::9', '2001:db8:1:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('count %s as %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})

describe('guardLogin', () => {
  const wrong = () => Promise.reject(new MarketflowError('unauthenticated'))
  const right = () => Promise.resolve('token')
  const limited = { code: 'rate-limited' }

  it('lets no client guess faster by guessing at once', async () => {
    const limits = new RateLimits()
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, () => limits.guardLogin('ada@example.org', '192.0.2.1', wrong)),
    )
    const reasons = results.map((result) => (result as PromiseRejectedResult).reason.code)
    expect(reasons.filter((code) => code === 'unauthenticated')).toHaveLength(10)
  })

  it('forgets what failed before once it succeeds', async () => {
    const limits = new RateLimits()
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 9; i++) {
        await expect(limits.guardLogin('ada@example.org', '192.0.2.1', wrong)).rejects.toMatchObject({
          code: 'unauthenticated',
        })
      }
      expect(await limits.guardLogin('Ada@example.org', '192.0.2.1', right)).toBe('token')
    }
  })

  it('does not lock an account out from afar', async () => {
    const limits = new RateLimits()
    for (let i = 0; i < 12; i++)
      await limits.guardLogin('ada@example.org', '192.0.2.66', wrong).catch(() => 0)
    expect(await limits.guardLogin('ada@example.org', '192.0.2.1', right)).toBe('token')
    await expect(limits.guardLogin('ada@example.org', '192.0.2.66', right)).rejects.toMatchObject(limited)
  })

  it('limits one address that tries many accounts', async () => {
    const limits = new RateLimits()
    for (let i = 0; i < 50; i++)
      await limits.guardLogin(`${i}@example.org`, '192.0.2.1', wrong).catch(() => 0)
    await expect(limits.guardLogin('new@example.org', '192.0.2.1', right)).rejects.toMatchObject(limited)
  })

  it('does not let one refused client use up the guesses of its neighbours', async () => {
    const limits = new RateLimits()
    for (let i = 0; i < 60; i++) await limits.guardLogin('ada@example.org', '192.0.2.1', wrong).catch(() => 0)
    expect(await limits.guardLogin('bob@example.org', '192.0.2.1', right)).toBe('token')
  })

  it('does not count what was not a guess', async () => {
    const limits = new RateLimits()
    const outage = () => Promise.reject(new MarketflowError('database-unavailable'))
    for (let i = 0; i < 60; i++)
      await limits.guardLogin('ada@example.org', '192.0.2.1', outage).catch(() => 0)
    for (let i = 0; i < 60; i++) await limits.guardLogin('ada@example.org', '192.0.2.1', right)
  })
})

describe('a limited API', () => {
  let api: TestApi
  beforeEach(async () => {
    api = await TestApi.start({ rateLimit: true })
  })
  afterEach(() => api.close())

  it('throttles wrong logins, and says until when', async () => {
    api.useCases.logIn = { execute: () => Promise.reject(new MarketflowError('unauthenticated')) }
    const login = () =>
      api.fetch('/auth/login', { method: 'POST', body: { email: 'ada@example.org', password: 'wrong' } })
    for (let i = 0; i < 10; i++) expect((await login()).status).toBe(401)
    const throttled = await login()
    expect(throttled.status).toBe(429)
    expect(Number(throttled.headers.get('retry-after'))).toBeGreaterThan(890)
    expect(await throttled.json()).toMatchObject({ code: 'rate-limited' })
  })

  it('takes 20 valid registrations an hour from one address, whatever address it claims', async () => {
    const body = { email: 'a@example.org', password: 'long enough, surely', name: 'A', role: 'organizer' }
    for (let i = 0; i < 5; i++) await api.fetch('/auth/register', { method: 'POST', body: {} })
    const register = (i: number) =>
      api.fetch('/auth/register', { method: 'POST', body, headers: { 'x-forwarded-for': `192.0.2.${i}` } })
    for (let i = 0; i < 20; i++) expect((await register(i)).status).toBe(201)
    expect((await register(20)).status).toBe(429)
  })

  it('believes as many proxies as there are, and none that the client made up', async () => {
    const proxied = await TestApi.start({ rateLimit: true, trustProxy: 1 })
    const body = { email: 'a@example.org', password: 'long enough, surely', name: 'A', role: 'organizer' }
    const register = (forwarded: string) =>
      proxied.fetch('/auth/register', { method: 'POST', body, headers: { 'x-forwarded-for': forwarded } })
    for (let i = 0; i < 20; i++) expect((await register(`192.0.2.${i}, 198.51.100.1`)).status).toBe(201)
    expect((await register('192.0.2.20, 198.51.100.1')).status).toBe(429)
    expect((await register('198.51.100.2')).status).toBe(201)
    await proxied.close()
  })

  it('takes 300 writes a minute from one account, and any number of reads', async () => {
    const write = () => api.fetch('/markets', { method: 'POST', as: 'organizer', body: {} })
    const answers = await Promise.all(Array.from({ length: 310 }, write))
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10)
    expect((await api.fetch('/markets', { as: 'organizer' })).status).toBe(200)
  })
})
