import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../application/consistency/ports/clock.ts'
import { type TokenClaims, TokenIssuer } from '../../application/ports/token-issuer.ts'
import { MarketflowError } from '../../domain/errors.ts'

const ALGORITHM = 'HS256'
const PARTY = 'marketflow'
const LIFETIME_S = 12 * 3600

const claims = z.object({
  sub: z.uuid(),
  role: z.enum(['organizer', 'vendor']),
  vendor_id: z.uuid().nullable(),
  // Absent from the tokens of releases that could not revoke any.
  epoch: z.int().min(0).default(0),
})

/**
 * Signed tokens (RFC 7519, HS256) that every instance with the same secret accepts. They expire after 12 hours. Other
 * secrets may be accepted too: while the secret is being replaced, instances sign with the old one and with the new.
 */
export class JwtIssuer extends TokenIssuer {
  readonly #key: Uint8Array
  readonly #accepted: readonly Uint8Array[]
  readonly #clock: Clock

  /** `secret` and `alsoAccepted`: at least 32 bytes each, as RFC 7518 asks for HS256. */
  constructor(secret: string, clock: Clock, alsoAccepted: readonly string[] = []) {
    super()
    const encoder = new TextEncoder()
    this.#key = encoder.encode(secret)
    this.#accepted = [this.#key, ...alsoAccepted.map((other) => encoder.encode(other))]
    this.#clock = clock
  }

  issue({ accountId, role, vendorId, sessionEpoch }: TokenClaims): Promise<string> {
    const now = Math.floor(this.#clock.now() / 1000)
    return new SignJWT({ role, vendor_id: vendorId, epoch: sessionEpoch })
      .setProtectedHeader({ alg: ALGORITHM })
      .setSubject(accountId)
      .setIssuer(PARTY)
      .setAudience(PARTY)
      .setIssuedAt(now)
      .setExpirationTime(now + LIFETIME_S)
      .sign(this.#key)
  }

  async verify(token: string): Promise<TokenClaims> {
    try {
      const { sub: accountId, role, vendor_id: vendorId, epoch } = claims.parse(await this.#payload(token))
      return { accountId, role, vendorId, sessionEpoch: epoch }
    } catch (cause) {
      throw new MarketflowError('unauthenticated', undefined, { cause })
    }
  }

  async #payload(token: string): Promise<unknown> {
    let refusal: unknown
    for (const key of this.#accepted) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [ALGORITHM],
          issuer: PARTY,
          audience: PARTY,
          currentDate: new Date(this.#clock.now()),
          requiredClaims: ['exp', 'sub'],
        })
        return payload
      } catch (error) {
        refusal = error
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break
      }
    }
    throw refusal
  }
}
