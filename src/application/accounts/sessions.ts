import { type Account, normalizeEmail } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { joinKey } from '../consistency/cache-key.ts'
import type { IssuedToken, TokenIssuer, Viewer } from '../ports/token-issuer.ts'
import type { IdParams } from '../ports/view-queries.ts'
import { canonicalId, carried, tags } from '../tables/tags.ts'
import { type MarketflowView, MINUTE } from '../use-case/read.ts'
import type { Dependencies } from '../use-case/use-case.ts'
import { type AccountSession, accountSession } from '../views/views.ts'

/** What decides whether a token still counts: a view like any other, but for no client. */
export const ACCOUNT_SESSION: MarketflowView<IdParams, AccountSession> = {
  name: 'account-session',
  ttlS: 10 * MINUTE,
  schema: accountSession,
  key: ({ id }) => joinKey('account', canonicalId(id), 'session'),
  tags: ({ id }) => carried([tags.account(id)]),
  load: (queries, { id }) => queries.accountSession(id),
  alwaysVerified: true,
}

/**
 * Who holds this token. A token counts until it expires or its account signs out everywhere, and that is looked up in
 * a view like any other: from the moment a sign-out is answered, no instance accepts the tokens of before.
 * @throws MarketflowError `unauthenticated`; Unavailable when neither cache nor database can say.
 */
export const Identify =
  ({ reads, tokens }: Pick<Dependencies, 'reads' | 'tokens'>) =>
  async (token: string): Promise<Viewer> => {
    const { sessionEpoch, ...viewer } = await tokens.verify(token)
    const session = await reads.read(ACCOUNT_SESSION, { id: viewer.accountId })
    if (!session.exists || session.value()?.epoch !== sessionEpoch) {
      throw new MarketflowError('unauthenticated', 'The token has been revoked')
    }
    return viewer
  }

/** Tells the client nothing of whether there is such an account; the operator's log may know. */
export class LogInRefused extends MarketflowError {
  readonly accountId: string | undefined

  constructor(accountId: string | undefined) {
    super('unauthenticated', 'Wrong e-mail address or password')
    this.accountId = accountId
  }
}

/**
 * An account proves itself by its password. Takes as long for an unknown address as for a wrong password.
 * @throws LogInRefused for a wrong address or password, without telling which.
 */
export const LogIn =
  ({ transactions, hasher, tokens }: Pick<Dependencies, 'transactions' | 'hasher' | 'tokens'>) =>
  (email: string, password: string, signal?: AbortSignal): Promise<SignedIn> =>
    hasher.admit(async ({ verify }) => {
      const account = await transactions.look((tx) => tx.accounts.findByEmail(normalizeEmail(email)))
      const fits = await verify(password, account?.passwordHash)
      if (account === undefined || !fits) throw new LogInRefused(account?.id)
      return signIn(account, tokens)
    }, signal)

/**
 * The answer to a lost phone: every token of the account is void, on every instance, once this is answered.
 * @throws MarketflowError `unauthenticated` when the account is gone.
 */
export const SignOutEverywhere =
  ({ writes }: Pick<Dependencies, 'writes'>) =>
  (accountId: string): Promise<void> =>
    writes.run(async (tx, record) => {
      const account = await tx.accounts.findForUpdate(accountId)
      if (account === undefined) throw new MarketflowError('unauthenticated')
      account.endSessions()
      record({ type: 'sessions-ended', accountId: account.id })
    })

export interface SignedIn extends IssuedToken {
  readonly account: Account
}

export async function signIn(account: Account, tokens: TokenIssuer): Promise<SignedIn> {
  const { id: accountId, role, vendorId, sessionEpoch } = account
  return { account, ...(await tokens.issue({ accountId, role, vendorId, sessionEpoch })) }
}
