import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Request } from 'express'
import type { Clock } from '../../../application/consistency/ports/clock.ts'
import { HttpError } from '../kit/problem.ts'
import type { RateLimits } from '../kit/rate-limits.ts'

const COOKIE = 'marketflow_admin'
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
  /** Sessions that were signed out here. */
  readonly #ended = new Set<string>()

  constructor(token: string, clock: Clock, limits: RateLimits | undefined) {
    this.#digest = sha256(token)
    this.#key = sha256(`${AUDIENCE}\n${token}`)
    this.#clock = clock
    this.#limits = limits
  }

  /** @throws HttpError `unauthenticated`, `rate-limited` */
  async assert(req: Request): Promise<void> {
    const bearer = /^bearer +(.+)$/i.exec(req.headers.authorization ?? '')?.[1]
    if (bearer !== undefined) await this.assertToken(bearer, req)
    else await this.#assertSession(req)
  }

  /** In constant time, and not for long by guesses. @throws HttpError `unauthenticated`, `rate-limited` */
  async assertToken(candidate: string, { ip = '' }: Request): Promise<void> {
    const attempt = async () => {
      if (!timingSafeEqual(sha256(candidate), this.#digest)) throw new HttpError('unauthenticated')
    }
    await (this.#limits?.guardLogin('operator', ip, attempt) ?? attempt())
  }

  /** A `Set-Cookie` field that lets this browser in for twelve hours. `secure`: the page came over TLS. */
  openSession(secure: boolean): string {
    const session = `${randomUUID()}.${this.#nowS() + LIFETIME_S}`
    return cookie(`${session}.${this.#signature(session).toString('base64url')}`, LIFETIME_S, secure)
  }

  /**
   * Ends the session, so that a copy of its cookie is good for nothing, and gives a `Set-Cookie` field that makes this
   * browser forget. Instances that share a Redis hear of it; another one without would accept a copy until it expires.
   */
  async closeSession(req: Request): Promise<string> {
    const id = this.#sessionOf(req)
    if (id !== undefined) {
      this.#ended.add(id)
      await this.#limits?.endSession(id)
    }
    return cookie('', 0, req.secure)
  }

  /** Whether the request's session has been signed out since. A token that was sent instead never is. */
  async hasEnded(req: IncomingMessage): Promise<boolean> {
    if (req.headers.authorization !== undefined) return false
    const id = this.#sessionOf(req)
    return id === undefined || this.#ended.has(id) || ((await this.#limits?.sessionEnded(id)) ?? false)
  }

  async #assertSession(req: IncomingMessage): Promise<void> {
    if (await this.hasEnded(req)) throw new HttpError('unauthenticated')
  }

  /** Undefined where the cookie is none of ours, or has expired. */
  #sessionOf({ headers }: IncomingMessage): string | undefined {
    const value = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]*)`).exec(headers.cookie ?? '')?.[1] ?? ''
    const [, session, id, expires, signature] = /^(([\w-]+)\.(\d+))\.([\w-]+)$/.exec(value) ?? []
    if (session === undefined) return undefined
    const expected = this.#signature(session)
    const given = Buffer.from(signature!, 'base64url')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
    return Number(expires) > this.#nowS() ? id : undefined
  }

  #signature(session: string): Buffer {
    return createHmac('sha256', this.#key).update(session).digest()
  }

  #nowS(): number {
    return Math.floor(this.#clock.now() / 1000)
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
