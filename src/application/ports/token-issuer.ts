import type { Role } from '../../domain/account.ts'

/** Who is asking. */
export interface Viewer {
  readonly accountId: string
  readonly role: Role
  readonly vendorId: string | null
}

/** What a token says. Whether it still counts is for `Identify` to find out. */
export interface TokenClaims extends Viewer {
  /** The account's `sessionEpoch` when the token was issued. */
  readonly sessionEpoch: number
}

export interface IssuedToken {
  readonly token: string
  readonly expiresAt: Date
}

export abstract class TokenIssuer {
  abstract issue(claims: TokenClaims): Promise<IssuedToken>
  /** @throws MarketflowError `unauthenticated` for a token that is forged, expired or not ours. */
  abstract verify(token: string): Promise<TokenClaims>
}
