import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Request } from 'express'
import { jwtVerify, SignJWT } from 'jose'
import type { Clock } from '../../../application/consistency/ports/clock.ts'
import { MarketflowError } from '../../../domain/errors.ts'
import type { RateLimits } from '../rate-limits.ts'

const COOKIE = 'marketflow_admin'
const ALGORITHM = 'HS256'
const AUDIENCE = 'marketflow-admin'
const LIFETIME_S = 12 * 3600

/**
 * Who may see and do what operators may: those who have `ADMIN_TOKEN`. Scripts send it as a bearer token; a browser, which
 * sends none with an event stream, shows it once and gets a cookie. The cookie is signed with a key made from the token,
 * so that every instance accepts it, and that another token ends all sessions.
 */
export class OperatorAccess {
  readonly #digest: Buffer
  readonly #key: Buffer
  readonly #clock: Clock
  readonly #limits: RateLimits | undefined

  constructor(token: string, clock: Clock, limits: RateLimits | undefined) {
    this.#digest = sha256(token)
    this.#key = sha256(`${AUDIENCE}\n${token}`)
    this.#clock = clock
    this.#limits = limits
  }

  /** @throws MarketflowError `unauthenticated`, `rate-limited` */
  async assert(req: Request): Promise<void> {
    const bearer = /^bearer +(.+)$/i.exec(req.headers.authorization ?? '')?.[1]
    if (bearer !== undefined) await this.assertToken(bearer, req)
    else await this.#assertSession(req)
  }

  /** In constant time, and not for long by guesses. @throws MarketflowError `unauthenticated`, `rate-limited` */
  async assertToken(candidate: string, { ip = '' }: Request): Promise<void> {
    const attempt = async () => {
      if (!timingSafeEqual(sha256(candidate), this.#digest)) throw new MarketflowError('unauthenticated')
    }
    await (this.#limits?.guardLogin('operator', ip, attempt) ?? attempt())
  }

  /** A `Set-Cookie` field that lets this browser in for twelve hours. `secure`: the page came over TLS. */
  async openSession(secure: boolean): Promise<string> {
    const now = Math.floor(this.#clock.now() / 1000)
    const session = await new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM })
      .setAudience(AUDIENCE)
      .setExpirationTime(now + LIFETIME_S)
      .sign(this.#key)
    return cookie(session, LIFETIME_S, secure)
  }

  /** A `Set-Cookie` field that makes this browser forget. */
  closeSession(secure: boolean): string {
    return cookie('', 0, secure)
  }

  async #assertSession({ headers }: IncomingMessage): Promise<void> {
    const session = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]*)`).exec(headers.cookie ?? '')?.[1] ?? ''
    try {
      await jwtVerify(session, this.#key, {
        algorithms: [ALGORITHM],
        audience: AUDIENCE,
        currentDate: new Date(this.#clock.now()),
        requiredClaims: ['exp'],
      })
    } catch (cause) {
      throw new MarketflowError('unauthenticated', undefined, { cause })
    }
  }
}

/** `Strict`: no other site's link or form can act as the operator. */
function cookie(value: string, maxAgeS: number, secure: boolean): string {
  const flags = `HttpOnly; SameSite=Strict; Path=/admin; Max-Age=${maxAgeS}`
  return `${COOKIE}=${value}; ${flags}${secure ? '; Secure' : ''}`
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
