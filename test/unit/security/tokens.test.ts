import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { JwtIssuer } from '../../../src/adapters/security/jwt-issuer.ts'
import { SystemClock } from '../../../src/adapters/system/system-clock.ts'
import type { TokenClaims } from '../../../src/application/ports/token-issuer.ts'

const SECRET = 'a secret of at least thirty-two bytes'
const viewer: TokenClaims = {
  accountId: '0b8f3f0a-8a44-4b0a-9d7c-3b8b7c1a2d3e',
  role: 'vendor',
  vendorId: '5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d',
  sessionEpoch: 3,
}

class MovableClock extends SystemClock {
  offsetMs = 0

  override now(): number {
    return super.now() + this.offsetMs
  }
}

describe('JwtIssuer', () => {
  const clock = new MovableClock()
  const issuer = new JwtIssuer(SECRET, clock)

  it('reads back what it issued', async () => {
    expect(await issuer.verify((await issuer.issue(viewer)).token)).toEqual(viewer)
  })

  it('accepts a token for 12 hours, and not longer', async () => {
    const { token, expiresAt } = await issuer.issue(viewer)
    expect(Math.abs(expiresAt.getTime() - clock.now() - 12 * 3600_000)).toBeLessThan(2000)
    clock.offsetMs = 12 * 3600_000 - 2000
    await expect(issuer.verify(token)).resolves.toEqual(viewer)
    clock.offsetMs = 12 * 3600_000 + 2000
    await expect(issuer.verify(token)).rejects.toMatchObject({ code: 'unauthenticated' })
    clock.offsetMs = 0
  })

  it('counts a token of a release that knew no epochs as of the first', async () => {
    expect(await issuer.verify(await forged({ role: 'organizer' }))).toMatchObject({ sessionEpoch: 0 })
  })

  it('can change its secret without a gap: all accept the new one, then all sign with it', async () => {
    const NEW = 'the secret that takes the place of it'
    const stages = [
      new JwtIssuer(SECRET, clock),
      new JwtIssuer(SECRET, clock, [NEW]),
      new JwtIssuer(NEW, clock, [SECRET]),
      new JwtIssuer(NEW, clock),
    ]
    // Two stages run side by side while instances are replaced one by one.
    for (const [i, older] of stages.slice(0, -1).entries()) {
      const newer = stages[i + 1]!
      // In the last stage tokens of the old secret are gone: they have expired.
      if (i < 2) expect(await newer.verify((await older.issue(viewer)).token)).toEqual(viewer)
      expect(await older.verify((await newer.issue(viewer)).token)).toEqual(viewer)
    }
    await expect(stages[3]!.verify((await stages[0]!.issue(viewer)).token)).rejects.toMatchObject({
      code: 'unauthenticated',
    })
  })

  const forged = (
    claims: Record<string, unknown>,
    secret = SECRET,
    alg = 'HS256',
    expires: string | null = '1h',
  ) => {
    const party = { iss: 'marketflow', aud: 'marketflow', sub: viewer.accountId, vendor_id: null }
    const token = new SignJWT({ ...party, ...claims }).setProtectedHeader({ alg })
    if (expires !== null) token.setExpirationTime(expires)
    return token.sign(new TextEncoder().encode(secret))
  }

  it.each([
    [
      'signed with another secret',
      () => forged({ role: 'organizer' }, 'another secret of thirty-two bytes!!'),
    ],
    ['signed with another algorithm', () => forged({ role: 'organizer' }, SECRET.repeat(2), 'HS512')],
    ['for another audience', () => forged({ role: 'organizer', aud: 'elsewhere' })],
    ['of another issuer', () => forged({ role: 'organizer', iss: 'elsewhere' })],
    ['that never expires', () => forged({ role: 'organizer' }, SECRET, 'HS256', null)],
    ['with a role that does not exist', () => forged({ role: 'admin' })],
    ['with a subject that is no id', () => forged({ role: 'organizer', sub: 'root' })],
    ['that is no token', async () => 'abc.def.ghi'],
    ['that is empty', async () => ''],
  ])('refuses a token %s', async (_, make) => {
    await expect(issuer.verify(await make())).rejects.toMatchObject({ code: 'unauthenticated' })
  })
})
