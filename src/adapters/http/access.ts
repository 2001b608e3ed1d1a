import type { IncomingMessage } from 'node:http'
import type { TokenIssuer, Viewer } from '../../application/ports/token-issuer.ts'
import type { Role } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import type { RateLimits } from './rate-limits.ts'

/** RFC 6750, 2.1; the scheme is compared without case (RFC 9110, 11.1). */
const BEARER = /^bearer +([\w~+/.-]+=*)$/i

export type VendorViewer = Viewer & { readonly vendorId: string }

/** Who may ask for what: tokens, roles, and how often somebody may write. */
export class Access {
  readonly #tokens: TokenIssuer
  readonly #limits: RateLimits | undefined

  constructor(tokens: TokenIssuer, limits: RateLimits | undefined) {
    this.#tokens = tokens
    this.#limits = limits
  }

  /**
   * Who is asking, where anybody may.
   * @throws MarketflowError `unauthenticated` for a bad token: to answer it as nobody would hide that it has expired
   */
  async anyone(req: IncomingMessage): Promise<Viewer | undefined> {
    const { authorization } = req.headers
    if (authorization === undefined) return undefined
    const token = BEARER.exec(authorization)?.[1]
    if (token === undefined) throw new MarketflowError('unauthenticated')
    return this.#tokens.verify(token)
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

  async #withRole(req: IncomingMessage, role: Role): Promise<Viewer> {
    const viewer = await this.account(req)
    if (viewer.role !== role) throw new MarketflowError('forbidden', `Only ${role}s may do that`)
    return viewer
  }
}
