import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { jwtVerify, SignJWT } from 'jose'
import type { Clock } from '../../../application/ports/clock.ts'
import { MarketflowError } from '../../../domain/errors.ts'

const COOKIE = 'marketflow_admin'
const ALGORITHM = 'HS256'
const AUDIENCE = 'marketflow-admin'
const LIFETIME_S = 12 * 3600

/**
 * Who may see and do what operators may: whoever has `ADMIN_TOKEN`. Scripts send it as a bearer token; a browser, which
 * sends none with an event stream, shows it once and gets a cookie. The cookie is signed with a key made from the token,
 * so that every instance accepts it, and that another token ends all sessions.
 */
export class OperatorAccess {
  readonly #digest: Buffer
  readonly #key: Buffer
  readonly #clock: Clock

  constructor(token: string, clock: Clock) {
    this.#digest = sha256(token)
    this.#key = sha256(`${AUDIENCE}\n${token}`)
    this.#clock = clock
  }

  /** @throws MarketflowError `unauthenticated` */
  async assert(req: IncomingMessage): Promise<void> {
    const bearer = /^bearer +(.+)$/i.exec(req.headers.authorization ?? '')?.[1]
    if (bearer !== undefined) this.assertToken(bearer)
    else await this.#assertSession(req)
  }

  /** In constant time. @throws MarketflowError `unauthenticated` */
  assertToken(candidate: string): void {
    if (!timingSafeEqual(sha256(candidate), this.#digest)) throw new MarketflowError('unauthenticated')
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
