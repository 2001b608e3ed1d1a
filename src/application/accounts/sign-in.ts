import type { Account } from '../../domain/account.ts'
import type { TokenIssuer } from '../ports/token-issuer.ts'

export interface SignedIn {
  readonly account: Account
  readonly token: string
}

export async function signIn(account: Account, tokens: TokenIssuer): Promise<SignedIn> {
  const { id: accountId, role, vendorId, sessionEpoch } = account
  return { account, token: await tokens.issue({ accountId, role, vendorId, sessionEpoch }) }
}
