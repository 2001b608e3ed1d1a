import type { Request } from 'express'
import { beforeEach, describe, expect, it } from 'vitest'
import { OperatorAccess } from '../../../src/adapters/http/admin/operator-access.ts'
import { RateLimits } from '../../../src/adapters/http/kit/rate-limits.ts'
import { SystemClock } from '../../../src/adapters/system/system-clock.ts'

const TOKEN = 'the token of the operators'
const HOURS_MS = 3_600_000

class StoppedClock extends SystemClock {
  at = Date.parse('2026-05-01T08:00:00Z')

  override now(): number {
    return this.at
  }
}

describe('an operator’s session', () => {
  let clock: StoppedClock
  let limits: RateLimits
  beforeEach(() => {
    clock = new StoppedClock()
    limits = new RateLimits()
  })

  const access = (token = TOKEN) => new OperatorAccess(token, clock, limits)
  /** A request of the browser that was given this `Set-Cookie`. */
  const from = (setCookie: string) => ({ headers: { cookie: setCookie.split(';')[0] } }) as Request
  const changed = (setCookie: string, part: number) => {
    const [name, value = ''] = setCookie.split(';')[0]!.split('=')
    const parts = value.split('.')
    parts[part] = parts[part]!.replace(/^./, (first) => (first === '1' ? '2' : '1'))
    return from(`${name}=${parts.join('.')}`)
  }

  it('lets its browser in for twelve hours, on every instance that has the token', async () => {
    const session = from(access().openSession(false))
    expect(await access().hasEnded(session)).toBe(false)
    clock.at += 12 * HOURS_MS - 1000
    expect(await access().hasEnded(session)).toBe(false)
    clock.at += 1000
    expect(await access().hasEnded(session)).toBe(true)
    await expect(access().assert(session)).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  it('is none where its id, its end or its signature is another, or the token is', async () => {
    const setCookie = access().openSession(false)
    for (const part of [0, 1, 2])
      expect(await access().hasEnded(changed(setCookie, part)), `${part}`).toBe(true)
    expect(await access('another token of theirs').hasEnded(from(setCookie))).toBe(true)
  })

  it('that was signed out ends on every instance that counts together with this one', async () => {
    const [here, there] = [access(), access()]
    const [one, other] = [from(here.openSession(false)), from(here.openSession(false))]
    expect(await here.closeSession(one)).toMatch(/^marketflow_admin=; .*Max-Age=0/)
    expect([await here.hasEnded(one), await there.hasEnded(one)]).toEqual([true, true])
    expect(await there.hasEnded(other)).toBe(false)
  })

  it('of a page that came over TLS is never sent without it', () => {
    expect(access().openSession(true)).toMatch(/; Secure$/)
    expect(access().openSession(false)).not.toContain('Secure')
  })
})
