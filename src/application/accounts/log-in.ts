import { normalizeEmail } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import type { PasswordHasher } from '../ports/password-hasher.ts'
import type { TokenIssuer } from '../ports/token-issuer.ts'
import type { Transactions } from '../ports/transactions.ts'
import { type SignedIn, signIn } from './sign-in.ts'

/** Tells the client nothing of whether there is such an account; the operator's log may know. */
export class LogInRefused extends MarketflowError {
  readonly accountId: string | undefined

  constructor(accountId: string | undefined) {
    super('unauthenticated', 'Wrong e-mail address or password')
    this.accountId = accountId
  }
}

/** A person proves who they are. Takes as long for an unknown address as for a wrong password. */
export class LogIn {
  readonly #transactions: Transactions
  readonly #hasher: PasswordHasher
  readonly #tokens: TokenIssuer

  constructor(transactions: Transactions, hasher: PasswordHasher, tokens: TokenIssuer) {
    this.#transactions = transactions
    this.#hasher = hasher
    this.#tokens = tokens
  }

  /** @throws LogInRefused for a wrong address or password, without telling which. */
  async execute(email: string, password: string, signal?: AbortSignal): Promise<SignedIn> {
    const account = await this.#transactions.look((tx) => tx.accounts.findByEmail(normalizeEmail(email)))
    const fits = await this.#hasher.verify(password, account?.passwordHash, signal)
    if (account === undefined || !fits) throw new LogInRefused(account?.id)
    return signIn(account, this.#tokens)
  }
}
