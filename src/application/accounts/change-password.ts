import { MarketflowError } from '../../domain/errors.ts'
import type { PasswordHasher } from '../ports/password-hasher.ts'
import type { TokenIssuer } from '../ports/token-issuer.ts'
import type { Transactions } from '../ports/transactions.ts'
import type { Writes } from '../tables/reads-and-writes.ts'
import { type SignedIn, signIn } from './sign-in.ts'

/** A person takes another password. All sessions end; the answer begins a new one. */
export class ChangePassword {
  readonly #transactions: Pick<Transactions, 'look'>
  readonly #unitOfWork: Writes
  readonly #hasher: PasswordHasher
  readonly #tokens: TokenIssuer

  constructor(
    transactions: Pick<Transactions, 'look'>,
    unitOfWork: Writes,
    hasher: PasswordHasher,
    tokens: TokenIssuer,
  ) {
    this.#transactions = transactions
    this.#unitOfWork = unitOfWork
    this.#hasher = hasher
    this.#tokens = tokens
  }

  /**
   * @throws MarketflowError `forbidden` when `current` is not the password; `conflict` when it was changed meanwhile;
   * `unauthenticated` when the account is gone.
   */
  async execute(accountId: string, current: string, next: string, signal?: AbortSignal): Promise<SignedIn> {
    const known = await this.#transactions.look((tx) => tx.accounts.find(accountId))
    if (known === undefined) throw new MarketflowError('unauthenticated')
    // Both before the transaction: hashing takes long, and a lock should not be held meanwhile.
    if (!(await this.#hasher.verify(current, known.passwordHash, signal))) {
      throw new MarketflowError('forbidden', 'The current password is wrong')
    }
    const passwordHash = await this.#hasher.hash(next, signal)
    const account = await this.#unitOfWork.run(async (tx, record) => {
      const locked = await tx.accounts.findForUpdate(accountId)
      if (locked === undefined) throw new MarketflowError('unauthenticated')
      if (locked.passwordHash !== known.passwordHash) {
        throw new MarketflowError('conflict', 'The password has just been changed by another request')
      }
      locked.changePassword(passwordHash)
      record({ type: 'sessions-ended', accountId: locked.id })
      return locked
    })
    return signIn(account, this.#tokens)
  }
}
