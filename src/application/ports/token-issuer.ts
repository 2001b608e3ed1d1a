import type { Role } from '../../domain/account.ts'

/** Who is asking, as a valid token tells. */
export interface Viewer {
  readonly accountId: string
  readonly role: Role
  readonly vendorId: string | null
}

export abstract class TokenIssuer {
  abstract issue(viewer: Viewer): Promise<string>
  /** @throws MarketflowError `unauthenticated` for a token that is forged, expired or not ours. */
  abstract verify(token: string): Promise<Viewer>
}
