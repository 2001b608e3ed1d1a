import { createSecretKey, type KeyObject } from 'node:crypto'
import jwt from 'jsonwebtoken'

const ALGORITHM = 'HS256'

export function signingKey(secret: string | Uint8Array): KeyObject {
  return createSecretKey(Buffer.from(secret))
}

/** `now` and the claims `iat` and `exp` are in seconds since the epoch. */
export interface Expectation {
  readonly audience: string
  readonly issuer?: string
  readonly now: number
}

/** A token (RFC 7519) that is signed by HMAC with SHA-256. */
export function signToken(claims: object, key: KeyObject): string {
  return jwt.sign(claims, key, { algorithm: ALGORITHM, noTimestamp: true })
}

/**
 * The claims of a token that one of the keys has signed and that has not expired. Computed at once, in some
 * microseconds: on the thread pool, where WebCrypto does it, each request would wait for the password hashes before it.
 * @throws Error for any other token
 */
export function verifyToken(token: string, keys: readonly KeyObject[], expected: Expectation): unknown {
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
