import type { Account } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import type { Dependencies } from '../use-case/use-case.ts'
import { type SignedIn, signIn } from './sessions.ts'

/**
 * The account behind a token. Read from the database: it is asked for once a session, not by every visitor.
 * @throws MarketflowError `unauthenticated` when the account is gone.
 */
export const GetAccount =
  ({ transactions }: Pick<Dependencies, 'transactions'>) =>
  async (id: string): Promise<Account> => {
    const account = await transactions.look((tx) => tx.accounts.find(id))
    if (account === undefined) throw new MarketflowError('unauthenticated')
    return account
  }

/**
 * An account takes another password. All sessions end; the answer begins a new one.
 * @throws MarketflowError `forbidden` when `current` is not the password; `conflict` when it was changed meanwhile;
 * `unauthenticated` when the account is gone.
 */
export const ChangePassword =
  (needs: Pick<Dependencies, 'transactions' | 'writes' | 'hasher' | 'tokens'>) =>
  async (accountId: string, current: string, next: string, signal?: AbortSignal): Promise<SignedIn> => {
    const { transactions, writes, hasher, tokens } = needs
    const known = await transactions.look((tx) => tx.accounts.find(accountId))
    if (known === undefined) throw new MarketflowError('unauthenticated')
    // Both before the transaction: hashing takes long, and a lock should not be held meanwhile.
    if (!(await hasher.verify(current, known.passwordHash, signal))) {
      throw new MarketflowError('forbidden', 'The current password is wrong')
    }
    const passwordHash = await hasher.hash(next, signal)
    const account = await writes.run(async (tx, record) => {
      const locked = await tx.accounts.findForUpdate(accountId)
      if (locked === undefined) throw new MarketflowError('unauthenticated')
      if (locked.passwordHash !== known.passwordHash) {
        throw new MarketflowError('conflict', 'The password has just been changed by another request')
      }
      locked.changePassword(passwordHash)
      record({ type: 'sessions-ended', accountId: locked.id })
      return locked
    })
    return signIn(account, tokens)
  }
