import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { networksOf } from '../../../src/adapters/http/kit/client-network.ts'
import { inMemory } from '../../../src/adapters/http/kit/limiters.ts'
import { HttpError } from '../../../src/adapters/http/kit/problem.ts'
import { RateLimits } from '../../../src/adapters/http/kit/rate-limits.ts'
import { TestApi } from './harness.ts'

describe('limits by address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7', '192.0.2.0/24'],
    ['192.0.2.7:4711', '192.0.2.7', '192.0.2.0/24'],
    ['::ffff:192.0.2.7', '192.0.2.7', '192.0.2.0/24'],
    ['[::ffff:192.0.2.7]:80', '192.0.2.7', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['[2001:db8:1:2:3:4:5:6]', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['[2001:db8:1:2:3:4:5:6]:4711', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:0DB8:1::9', '2001:db8:1:0::/64', '2001:db8:1::/48'],
    ['::1', '0:0:0:0::/64', '0:0:0::/48'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0::/48'],
    ['', 'unknown', 'unknown'],
    ['made up', 'unknown', 'unknown'],
  ])('count %s as %s, and within %s', (address, narrow, wide) => {
    expect(networksOf(address)).toEqual({ narrow, wide })
  })
})

describe('guardLogin', () => {
  const wrong = () => Promise.reject(new HttpError('unauthenticated'))
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

  it('counts no attempt that was refused: a crowd with right passwords at once locks out none that comes later', async () => {
    const limits = new RateLimits()
    const from = (i: number) => `2001:db8:1:${i.toString(16)}::1`
    const crowd = Array.from({ length: 400 }, (_, i) => limits.guardLogin('ada@example.org', from(i), right))
    const refused = (await Promise.allSettled(crowd)).filter(({ status }) => status === 'rejected')
    expect(refused.length).toBeGreaterThan(100)
    expect(await limits.guardLogin('ada@example.org', from(999), right)).toBe('token')
  })

  it('does not count what was not a guess', async () => {
    const limits = new RateLimits()
    const outage = () => Promise.reject(new HttpError('database-unavailable'))
    for (let i = 0; i < 60; i++)
      await limits.guardLogin('ada@example.org', '192.0.2.1', outage).catch(() => 0)
    for (let i = 0; i < 60; i++) await limits.guardLogin('ada@example.org', '192.0.2.1', right)
  })
})

describe('guesses over many networks', () => {
  const wrong = () => Promise.reject(new HttpError('unauthenticated'))
  const right = () => Promise.resolve('token')

  /** How many of so many guesses, each from an address of its own, were looked at. */
  async function lookedAt(limits: RateLimits, email: (i: number) => string, address: (i: number) => string) {
    let count = 0
    for (let i = 0; i < 400; i++) {
      const code = await limits.guardLogin(email(i), address(i), wrong).catch((error) => error.code)
      if (code === 'unauthenticated') count += 1
    }
    return count
  }

  it('are at most 200 from one IPv6 /48, and from one IPv4 /24, whatever the accounts', async () => {
    const email = (i: number) => `${i}@example.org`
    expect(await lookedAt(new RateLimits(), email, (i) => `2001:db8:1:${i.toString(16)}::1`)).toBe(200)
    expect(await lookedAt(new RateLimits(), email, (i) => `192.0.2.${i % 250}`)).toBe(200)
  })

  it('are at most 100 at one account, from however many networks, also at the operator’s', async () => {
    for (const account of ['ada@example.org', 'operator']) {
      const address = (i: number) => `2001:db8:${i.toString(16)}::1`
      expect(await lookedAt(new RateLimits(), () => account, address)).toBe(100)
    }
  })

  it('do not lock the owner out of the networks that the account was signed in to from', async () => {
    const limits = new RateLimits()
    await limits.guardLogin('ada@example.org', '198.51.100.7', right)
    await lookedAt(
      limits,
      () => 'ada@example.org',
      (i) => `2001:db8:${i.toString(16)}::1`,
    )
    const limited = { code: 'rate-limited' }
    await expect(limits.guardLogin('ada@example.org', '203.0.113.5', right)).rejects.toMatchObject(limited)
    expect(await limits.guardLogin('Ada@example.org', '198.51.100.7:4711', right)).toBe('token')
  })

  it('and right passwords too are counted: both take as much to check', async () => {
    const limits = new RateLimits()
    const codes: unknown[] = []
    for (let i = 0; i < 160; i++) {
      const login = limits.guardLogin(`${i}@example.org`, '192.0.2.1', right)
      codes.push(await login.catch((error) => error.code))
    }
    expect(codes.filter((code) => code === 'token')).toHaveLength(150)
    expect(codes.at(-1)).toBe('rate-limited')
  })

  it('registrations from one /48 are at most 100 an hour', async () => {
    const limits = new RateLimits()
    const register = (i: number) => limits.countRegistration(`2001:db8:1:${i.toString(16)}::1`)
    for (let i = 0; i < 100; i++) await register(i)
    await expect(register(100)).rejects.toMatchObject({ code: 'rate-limited' })
  })
})

describe('a limited API', () => {
  let api: TestApi
  beforeEach(async () => {
    api = await TestApi.start({ rateLimit: true })
  })
  afterEach(() => api.close())

  it('throttles wrong logins, and says until when', async () => {
    api.useCases.logIn = () => Promise.reject(new HttpError('unauthenticated'))
    const login = () =>
      api.fetch('/auth/login', { method: 'POST', body: { email: 'ada@example.org', password: 'wrong' } })
    for (let i = 0; i < 10; i++) expect((await login()).status).toBe(401)
    const throttled = await login()
    expect(throttled.status).toBe(429)
    expect(Number(throttled.headers.get('retry-after'))).toBeGreaterThan(890)
    expect(await throttled.json()).toMatchObject({ code: 'rate-limited' })
    expect(throttled.headers.get('ratelimit-policy')).toBe('"guesses";q=10;w=900')
    expect(throttled.headers.get('ratelimit')).toBe(`"guesses";r=0;t=${throttled.headers.get('retry-after')}`)
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

  it('tells with every write, refused or not, how many more are allowed and when', async () => {
    const write = () => api.fetch('/markets', { method: 'POST', as: 'organizer', body: {} })
    for (const left of [299, 298]) {
      const { headers } = await write()
      expect(headers.get('ratelimit-policy')).toBe('"writes";q=300;w=60')
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"writes";r=${left};t=(60|[1-5]?\\d)$`))
    }
    expect((await api.fetch('/markets', { as: 'organizer' })).headers.get('ratelimit')).toBeNull()
  })

  it('takes 300 writes a minute from one account, and any number of reads', async () => {
    const write = () => api.fetch('/markets', { method: 'POST', as: 'organizer', body: {} })
    const answers = await Promise.all(Array.from({ length: 310 }, write))
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10)
    expect((await api.fetch('/markets', { as: 'organizer' })).status).toBe(200)
  })
})

describe('countResetMail', () => {
  const right = () => Promise.resolve('token')
  const limited = { code: 'rate-limited' }
  const asksFrom = (n: number) => `10.0.${n}.1`

  it('lets three mails an hour be asked for from a network, whatever the spelling of the address', async () => {
    const limits = new RateLimits()
    for (const email of ['ada@example.org', ' Ada@example.org', 'ADA@example.org'])
      await limits.countResetMail(email, '192.0.2.1')
    await expect(limits.countResetMail('ada@example.org', '192.0.2.1')).rejects.toMatchObject(limited)
    await limits.countResetMail('bea@example.org', '192.0.2.1')
  })

  it('floods no mailbox from many networks, and its owner still gets a mail at home', async () => {
    const limits = new RateLimits()
    await limits.guardLogin('ada@example.org', '192.0.2.1', right)
    for (let n = 0; n < 10; n++) await limits.countResetMail('ada@example.org', asksFrom(n))
    await expect(limits.countResetMail('ada@example.org', asksFrom(10))).rejects.toMatchObject(limited)
    await limits.countResetMail('ada@example.org', '192.0.2.1')
  })
})

it('countReset bounds how many secrets a network tries', async () => {
  const limits = new RateLimits()
  for (let i = 0; i < 30; i++) await limits.countReset('192.0.2.1')
  await expect(limits.countReset('192.0.2.1')).rejects.toMatchObject({ code: 'rate-limited' })
  await limits.countReset('192.0.2.2')
})

/** Of a row such as `| logins, per network; per /24 | 150; 600 in 5 minutes |`: how much in how many seconds, each. */
function allowancesIn(row: string): string[] {
  const [, numbers, count = '1', unit] =
    /\| ([\d; ]+?) (?:in (?:(\d+) )?|an? )(second|minute|hour|day)s?(?:;| \|$)/.exec(row) ?? []
  const seconds = { second: 1, minute: 60, hour: 3600, day: 86_400 }
  const window = Number(count) * seconds[unit as keyof typeof seconds]
  return (numbers?.split('; ') ?? []).map((points) => `${points} in ${window} s`)
}

it('what the operations say is allowed, and for how long a network is known, is what is counted', () => {
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const [, section = ''] = page.split('\n## Limits\n')
  const told = section.split('\n## ')[0]!.split('\n').flatMap(allowancesIn)
  const counted = new Map<string, string>()
  new RateLimits((name, allowance) => {
    counted.set(name, `${allowance.points} in ${allowance.duration} s`)
    return inMemory(name, allowance)
  })
  const [known] = ['known-networks', 'ended-sessions'].map((name) => {
    const remembered = counted.get(name)
    counted.delete(name)
    return remembered
  })
  expect(told.toSorted()).toEqual([...counted.values()].toSorted())
  const [, days] = /signed in to in the last (\d+) days/.exec(page) ?? []
  expect(known).toBe(`1 in ${Number(days) * 86_400} s`)
})
