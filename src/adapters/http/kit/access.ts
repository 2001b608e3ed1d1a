import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TokenIssuer, Viewer } from '../../../application/ports/token-issuer.ts'
import { type Audience, isRole } from '../../../application/use-case/read.ts'
import type { Application } from '../../../application/use-cases.ts'
import type { Role } from '../../../domain/account.ts'
import { noteActor } from './deeds.ts'
import type { Token } from './operation.ts'
import { HttpError } from './problem.ts'
import type { RateLimits } from './rate-limits.ts'

/** RFC 6750, 2.1; the scheme is compared without case (RFC 9110, 11.1). */
const BEARER = /^bearer +([\w~+/.-]+=*)$/i

/** Who may ask for what: tokens, roles, and how often an account may write. */
export class Access {
  readonly #tokens: TokenIssuer
  readonly #identify: Application['identify']
  readonly #limits: RateLimits | undefined

  constructor(tokens: TokenIssuer, identify: Application['identify'], limits: RateLimits | undefined) {
    this.#tokens = tokens
    this.#identify = identify
    this.#limits = limits
  }

  /**
   * Who is asking a read; at once where no token is presented and none is needed.
   * @throws HttpError `unauthenticated` for a bad token: to answer it as a stranger would hide that it has expired;
   * `forbidden` for one of another role
   */
  reader(req: IncomingMessage, audience: Audience): Promise<Viewer | undefined> | undefined {
    if (audience === 'everybody') return this.#passerBy(req)
    if (audience === 'account') return this.#account(req)
    return isRole(audience) ? this.#withRole(req, audience) : this.#anyone(req)
  }

  /** Whose token a request carries that needs one. @throws HttpError `unauthenticated`, `forbidden` */
  async caller(req: IncomingMessage, token: Token): Promise<Viewer | undefined> {
    if (token === 'ignored') return undefined
    if (token === 'optional') return this.#anyone(req)
    return token === 'account' ? this.#account(req) : this.#withRole(req, token)
  }

  /**
   * The same, for a request that is about to write; its answer tells how many more may be.
   * @throws HttpError also `rate-limited`
   */
  async writer(req: IncomingMessage, res: ServerResponse, token: Token): Promise<Viewer | undefined> {
    const viewer = await this.caller(req, token)
    if (viewer !== undefined && this.#limits !== undefined) {
      const fields = await this.#limits.countWrite(viewer.accountId)
      for (const [name, value] of Object.entries(fields)) res.setHeader(name, value)
    }
    return viewer
  }

  #anyone(req: IncomingMessage): Promise<Viewer> | undefined {
    const token = tokenOf(req)
    return token === undefined ? undefined : this.#identified(req, token)
  }

  /**
   * For what everybody sees alike: a token that is forged or expired is refused, but no revocation is looked up. It
   * would decide nothing, and with PostgreSQL out of reach it would take the page from every account that is signed in.
   */
  #passerBy(req: IncomingMessage): Promise<undefined> | undefined {
    const token = tokenOf(req)
    return token === undefined ? undefined : this.#tokens.verify(token).then(() => undefined)
  }

  async #account(req: IncomingMessage): Promise<Viewer> {
    const viewer = await this.#anyone(req)
    if (viewer === undefined) throw new HttpError('unauthenticated')
    return viewer
  }

  async #identified(req: IncomingMessage, token: string): Promise<Viewer> {
    const viewer = await this.#identify(token)
    noteActor(req, viewer.accountId)
    return viewer
  }

  async #withRole(req: IncomingMessage, role: Role): Promise<Viewer> {
    const viewer = await this.#account(req)
    if (viewer.role !== role) throw new HttpError('forbidden', `Only ${role}s may do that`)
    if (role === 'vendor' && viewer.vendorId === null) throw new HttpError('forbidden')
    return viewer
  }
}

/** Whether the client presented a token, good or bad: then a 401 is about that token (RFC 6750, 3.1). */
export function presentsToken({ headers }: IncomingMessage): boolean {
  return /^bearer /i.test(headers.authorization ?? '')
}

/** @throws HttpError `unauthenticated` for credentials of another kind */
function tokenOf({ headers }: IncomingMessage): string | undefined {
  if (headers.authorization === undefined) return undefined
  const token = BEARER.exec(headers.authorization)?.[1]
  if (token === undefined) throw new HttpError('unauthenticated')
  return token
}
