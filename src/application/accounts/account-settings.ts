import { MarketflowError } from '../../domain/errors.ts'
import { joinKey } from '../consistency/cache-key.ts'
import type { IdParams } from '../ports/view-queries.ts'
import { canonicalId, carried, tags } from '../tables/tags.ts'
import { type MarketflowView, MINUTE } from '../use-case/read.ts'
import type { Dependencies } from '../use-case/use-case.ts'
import { type AccountDetail, accountDetail } from '../views/views.ts'
import { type SignedIn, signIn } from './sessions.ts'

/** An account as its owner sees it: a view like any other, so that its loads queue with all others. */
export const ACCOUNT_DETAIL: MarketflowView<IdParams, AccountDetail> = {
  name: 'account-detail',
  ttlS: 10 * MINUTE,
  schema: accountDetail,
  key: ({ id }) => joinKey('account', canonicalId(id), 'detail'),
  tags: ({ id }) => carried([tags.account(id)]),
  load: (queries, { id }) => queries.accountDetail(id),
  alwaysVerified: true,
}

/**
 * The account behind a token.
 * @throws MarketflowError `unauthenticated` when the account is gone.
 */
export const GetAccount =
  ({ reads }: Pick<Dependencies, 'reads'>) =>
  async (id: string): Promise<AccountDetail> => {
    const reading = await reads.read(ACCOUNT_DETAIL, { id })
    const account = reading.exists ? reading.value() : undefined
    if (account === undefined) throw new MarketflowError('unauthenticated')
    return account
  }

/**
 * An account takes another password. All sessions end; the answer begins a new one.
 * @throws MarketflowError `forbidden` when `current` is not the password; `password-changed` when it was changed meanwhile;
 * `unauthenticated` when the account is gone.
 */
export const ChangePassword =
  (needs: Pick<Dependencies, 'transactions' | 'writes' | 'hasher' | 'tokens'>) =>
  async (accountId: string, current: string, next: string, signal?: AbortSignal): Promise<SignedIn> => {
    const { transactions, writes, hasher, tokens } = needs
    // Before the transaction: hashing takes long, and a lock should not be held meanwhile.
    const [known, passwordHash] = await hasher.admit(async ({ verify, hash }) => {
      const found = await transactions.look((tx) => tx.accounts.find(accountId))
      if (found === undefined) throw new MarketflowError('unauthenticated')
      if (!(await verify(current, found.passwordHash))) {
        throw new MarketflowError('forbidden', 'The current password is wrong')
      }
      return [found, await hash(next)] as const
    }, signal)
    const account = await writes.run(async (tx, record) => {
      const locked = await tx.accounts.findForUpdate(accountId)
      if (locked === undefined) throw new MarketflowError('unauthenticated')
      if (locked.passwordHash !== known.passwordHash) {
        throw new MarketflowError('password-changed')
      }
      locked.changePassword(passwordHash)
      record({ type: 'sessions-ended', accountId: locked.id })
      return locked
    })
    return signIn(account, tokens)
  }
