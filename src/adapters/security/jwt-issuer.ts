import { createSecretKey, type KeyObject } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { z } from 'zod'
import type { Clock } from '../../application/consistency/ports/clock.ts'
import { type IssuedToken, type TokenClaims, TokenIssuer } from '../../application/ports/token-issuer.ts'
import { MarketflowError } from '../../domain/errors.ts'

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
  readonly #key: KeyObject
  readonly #accepted: readonly KeyObject[]
  readonly #clock: Clock

  /** `secret` and `alsoAccepted`: at least 32 bytes each, as RFC 7518 asks for HS256. */
  constructor(secret: string, clock: Clock, alsoAccepted: readonly string[] = []) {
    super()
    this.#key = signingKey(secret)
    this.#accepted = [this.#key, ...alsoAccepted.map(signingKey)]
    this.#clock = clock
  }

  async issue({
    accountId: sub,
    role,
    vendorId: vendor_id,
    sessionEpoch: epoch,
  }: TokenClaims): Promise<IssuedToken> {
    const iat = this.#nowS()
    const exp = iat + LIFETIME_S
    const token = signToken({ sub, role, vendor_id, epoch, iss: PARTY, aud: PARTY, iat, exp }, this.#key)
    return { token, expiresAt: new Date(exp * 1000) }
  }

  async verify(token: string): Promise<TokenClaims> {
    try {
      const { sub: accountId, role, vendor_id: vendorId, epoch } = claims.parse(this.#payload(token))
      return { accountId, role, vendorId, sessionEpoch: epoch }
    } catch (cause) {
      throw new MarketflowError('unauthenticated', undefined, { cause })
    }
  }

  #payload(token: string): unknown {
    return verifyToken(token, this.#accepted, { audience: PARTY, issuer: PARTY, now: this.#nowS() })
  }

  #nowS(): number {
    return Math.floor(this.#clock.now() / 1000)
  }
}

const ALGORITHM = 'HS256'

function signingKey(secret: string | Uint8Array): KeyObject {
  return createSecretKey(Buffer.from(secret))
}

/** `now` and the claims `iat` and `exp` are in seconds since the epoch. */
interface Expectation {
  readonly audience: string
  readonly issuer?: string
  readonly now: number
}

/** A token (RFC 7519) that is signed by HMAC with SHA-256. */
function signToken(claims: object, key: KeyObject): string {
  return jwt.sign(claims, key, { algorithm: ALGORITHM, noTimestamp: true })
}

/**
 * The claims of a token that one of the keys has signed and that has not expired. Computed at once, in some
 * microseconds: on the thread pool, where WebCrypto does it, each request would wait for the password hashes before it.
 * @throws Error for any other token
 */
function verifyToken(token: string, keys: readonly KeyObject[], expected: Expectation): unknown {
  const { audience, issuer, now } = expected
  let refusal: unknown
  for (const key of keys) {
    try {
      const { header, payload } = jwt.verify(token, key, {
        algorithms: [ALGORITHM],
        audience,
        ...(issuer !== undefined && { issuer }),
        clockTimestamp: now,
        complete: true,
      })
      if (typeof payload === 'string' || payload.exp === undefined) throw new Error('The token never expires')
      if (Object.hasOwn(header, 'crit')) throw new Error('The token asks for extensions')
      return payload
    } catch (error) {
      refusal = error
      if (!(error instanceof jwt.JsonWebTokenError) || error.message !== 'invalid signature') break
    }
  }
  throw refusal
}
