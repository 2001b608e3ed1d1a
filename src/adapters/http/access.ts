import type { IncomingMessage } from 'node:http'
import type { TokenIssuer, Viewer } from '../../application/ports/token-issuer.ts'
import type { Role } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { noteActor } from './deeds.ts'
import type { RateLimits } from './rate-limits.ts'
import type { UseCases } from './use-cases.ts'

/** RFC 6750, 2.1; the scheme is compared without case (RFC 9110, 11.1). */
const BEARER = /^bearer +([\w~+/.-]+=*)$/i

export type VendorViewer = Viewer & { readonly vendorId: string }

/** Who may ask for what: tokens, roles, and how often an account may write. */
export class Access {
  readonly #tokens: TokenIssuer
  readonly #identify: UseCases['identify']
  readonly #limits: RateLimits | undefined

  constructor(tokens: TokenIssuer, identify: UseCases['identify'], limits: RateLimits | undefined) {
    this.#tokens = tokens
    this.#identify = identify
    this.#limits = limits
  }

  /**
   * Who is asking, where anybody may; at once where the request has no token.
   * @throws MarketflowError `unauthenticated` for a bad token: to answer it as a stranger would hide that it has expired
   */
  anyone(req: IncomingMessage): Promise<Viewer> | undefined {
    const token = tokenOf(req)
    return token === undefined ? undefined : this.#identified(req, token)
  }

  /**
   * For what everybody sees alike: a token that is forged or expired is refused, but no revocation is looked up.
   * It would decide nothing, and with PostgreSQL out of reach it would take the page from readers who are signed in.
   * @throws MarketflowError `unauthenticated`
   */
  passerBy(req: IncomingMessage): Promise<unknown> | undefined {
    const token = tokenOf(req)
    return token === undefined ? undefined : this.#tokens.verify(token)
  }

  /** @throws MarketflowError `unauthenticated` */
  async account(req: IncomingMessage): Promise<Viewer> {
    const viewer = await this.anyone(req)
    if (viewer === undefined) throw new MarketflowError('unauthenticated')
    return viewer
  }

  /** @throws MarketflowError `unauthenticated`, `forbidden` */
  organizer(req: IncomingMessage): Promise<Viewer> {
    return this.#withRole(req, 'organizer')
  }

  /** @throws MarketflowError `unauthenticated`, `forbidden` */
  async vendor(req: IncomingMessage): Promise<VendorViewer> {
    const viewer = await this.#withRole(req, 'vendor')
    if (viewer.vendorId === null) throw new MarketflowError('forbidden')
    return { ...viewer, vendorId: viewer.vendorId }
  }

  /** An organizer about to write. @throws MarketflowError also `rate-limited` */
  async writingOrganizer(req: IncomingMessage): Promise<Viewer> {
    const viewer = await this.organizer(req)
    await this.#limits?.countWrite(viewer.accountId)
    return viewer
  }

  /** A vendor about to write. @throws MarketflowError also `rate-limited` */
  async writingVendor(req: IncomingMessage): Promise<VendorViewer> {
    const viewer = await this.vendor(req)
    await this.#limits?.countWrite(viewer.accountId)
    return viewer
  }

  /** An account about to change an account's own settings. @throws MarketflowError also `rate-limited` */
  async writingAccount(req: IncomingMessage): Promise<Viewer> {
    const viewer = await this.account(req)
    await this.#limits?.countWrite(viewer.accountId)
    return viewer
  }

  async #identified(req: IncomingMessage, token: string): Promise<Viewer> {
    const viewer = await this.#identify.execute(token)
    noteActor(req, viewer.accountId)
    return viewer
  }

  async #withRole(req: IncomingMessage, role: Role): Promise<Viewer> {
    const viewer = await this.account(req)
    if (viewer.role !== role) throw new MarketflowError('forbidden', `Only ${role}s may do that`)
    return viewer
  }
}

/** Whether the client presented a token, good or bad: then a 401 is about that token (RFC 6750, 3.1). */
export function presentsToken({ headers }: IncomingMessage): boolean {
  return /^bearer /i.test(headers.authorization ?? '')
}

/** @throws MarketflowError `unauthenticated` for credentials of another kind */
function tokenOf({ headers }: IncomingMessage): string | undefined {
  if (headers.authorization === undefined) return undefined
  const token = BEARER.exec(headers.authorization)?.[1]
  if (token === undefined) throw new MarketflowError('unauthenticated')
  return token
}
