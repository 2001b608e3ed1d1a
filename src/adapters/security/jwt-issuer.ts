import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../application/ports/clock.ts'
import { TokenIssuer, type Viewer } from '../../application/ports/token-issuer.ts'
import { MarketflowError } from '../../domain/errors.ts'

const ALGORITHM = 'HS256'
const PARTY = 'marketflow'
const LIFETIME_S = 12 * 3600

const claims = z.object({
  sub: z.uuid(),
  role: z.enum(['organizer', 'vendor']),
  vendor_id: z.uuid().nullable(),
})

/** Signed tokens (RFC 7519, HS256) that every instance with the same secret accepts. They expire after 12 hours. */
export class JwtIssuer extends TokenIssuer {
  readonly #key: Uint8Array
  readonly #clock: Clock

  /** `secret`: at least 32 bytes, as RFC 7518 asks for HS256. */
  constructor(secret: string, clock: Clock) {
    super()
    this.#key = new TextEncoder().encode(secret)
    this.#clock = clock
  }

  issue({ accountId, role, vendorId }: Viewer): Promise<string> {
    const now = Math.floor(this.#clock.now() / 1000)
    return new SignJWT({ role, vendor_id: vendorId })
      .setProtectedHeader({ alg: ALGORITHM })
      .setSubject(accountId)
      .setIssuer(PARTY)
      .setAudience(PARTY)
      .setIssuedAt(now)
      .setExpirationTime(now + LIFETIME_S)
      .sign(this.#key)
  }

  async verify(token: string): Promise<Viewer> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        issuer: PARTY,
        audience: PARTY,
        currentDate: new Date(this.#clock.now()),
        requiredClaims: ['exp', 'sub'],
      })
      const { sub: accountId, role, vendor_id: vendorId } = claims.parse(payload)
      return { accountId, role, vendorId }
    } catch (cause) {
      throw new MarketflowError('unauthenticated', undefined, { cause })
    }
  }
}
