import type { Request, Response } from 'express'
import { describe, expect, it } from 'vitest'
import { RateLimits } from '../../../src/adapters/http/kit/rate-limits.ts'
import { ScraperAccess } from '../../../src/adapters/http/system/scraper-access.ts'
import { READY, systemRoutes } from '../../../src/adapters/http/system/system-routes.ts'

const TOKEN = 'the token of the scrapers'

function asked(remoteAddress: string, headers: Record<string, string> = {}): Request {
  return { ip: remoteAddress, socket: { remoteAddress }, headers } as unknown as Request
}

describe('the metrics', () => {
  const refused = { code: 'unauthenticated' }
  const bearer = { authorization: `Bearer ${TOKEN}` }

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('are open to this machine: %s', async (address) => {
    await new ScraperAccess(undefined, undefined).assert(asked(address))
    await new ScraperAccess(TOKEN, undefined).assert(asked(address))
  })

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
    'are closed to what a proxy on this machine passes on, which sets %s',
    async (name) => {
      const access = new ScraperAccess(TOKEN, undefined)
      const request = asked('127.0.0.1', { [name]: '203.0.113.9' })
      await expect(access.assert(request)).rejects.toMatchObject(refused)
    },
  )

  it('are open to another machine that has the token, and closed where there is none', async () => {
    const access = new ScraperAccess(TOKEN, undefined)
    await access.assert(asked('10.0.0.7', bearer))
    await expect(access.assert(asked('10.0.0.7'))).rejects.toMatchObject(refused)
    const wrong = asked('10.0.0.7', { authorization: 'Bearer another token' })
    await expect(access.assert(wrong)).rejects.toMatchObject(refused)
    const closed = new ScraperAccess(undefined, undefined)
    await expect(closed.assert(asked('10.0.0.7', bearer))).rejects.toMatchObject(refused)
  })

  it('cannot be had by guessing for long', async () => {
    const access = new ScraperAccess(TOKEN, new RateLimits())
    const wrong = asked('10.0.0.7', { authorization: 'Bearer another token' })
    for (let i = 0; i < 10; i++) await expect(access.assert(wrong)).rejects.toMatchObject(refused)
    await expect(access.assert(wrong)).rejects.toMatchObject({ code: 'rate-limited' })
  })

  it('are rendered once for all scrapers that ask while that takes place, and anew for the next', async () => {
    const renderings: ((text: string) => void)[] = []
    const metrics = async () => ({
      contentType: 'text/plain',
      text: await new Promise<string>((resolve) => renderings.push(resolve)),
    })
    const readiness = async () => ({ ready: true, body: READY })
    const { handle } = systemRoutes({ readiness, metrics }, undefined).find(
      ({ path }) => path === '/metrics',
    )!
    const answers: string[] = []
    const response = { writeHead: () => response, end: (text: string) => answers.push(text) }
    const ask = async () => handle(asked('127.0.0.1'), response as unknown as Response)
    const scrapes = [ask(), ask(), ask()]
    await expect.poll(() => renderings).toHaveLength(1)
    renderings[0]!('first')
    await Promise.all(scrapes)
    const later = ask()
    await expect.poll(() => renderings).toHaveLength(2)
    renderings[1]!('second')
    await later
    expect(answers).toEqual(['first', 'first', 'first', 'second'])
  })
})
