import type { Account, AccountChanges } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { joinKey } from '../consistency/cache-key.ts'
import type { Passwords } from '../ports/password-hasher.ts'
import type { Transaction } from '../ports/transactions.ts'
import type { IdParams } from '../ports/view-queries.ts'
import { canonicalId, carried, ENOUGH_IDS, tags } from '../tables/tags.ts'
import { type MarketflowView, MINUTE } from '../use-case/read.ts'
import type { Dependencies } from '../use-case/use-case.ts'
import { type AccountDetail, accountDetail } from '../views/views.ts'
import { assertFree } from './register-account.ts'
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
 * @throws MarketflowError what `proven` and `lockProven` say
 */
export const ChangePassword =
  (needs: Pick<Dependencies, 'transactions' | 'writes' | 'hasher' | 'tokens'>) =>
  async (accountId: string, current: string, next: string, signal?: AbortSignal): Promise<SignedIn> => {
    const { writes, hasher, tokens } = needs
    const [known, passwordHash] = await hasher.admit(
      async (passwords) =>
        [await proven(needs, accountId, current, passwords), await passwords.hash(next)] as const,
      signal,
    )
    const account = await writes.run(async (tx, record) => {
      const locked = await lockProven(tx, known)
      locked.changePassword(passwordHash)
      record({ type: 'sessions-ended', accountId: locked.id })
      return locked
    })
    return signIn(account, tokens)
  }

/**
 * An account changes its name, or its address, which takes its password. Its sessions go on; links for a new password,
 * which the former address was sent, are void.
 * @throws MarketflowError `email-taken`, and where the address changes what `proven` and `lockProven` say
 */
export const UpdateAccount =
  (needs: Pick<Dependencies, 'transactions' | 'writes' | 'hasher'>) =>
  async (
    accountId: string,
    changes: AccountChanges,
    current = '',
    signal?: AbortSignal,
  ): Promise<AccountDetail> => {
    const { email } = changes
    const known =
      email === undefined
        ? { id: accountId }
        : await needs.hasher.admit((passwords) => proven(needs, accountId, current, passwords), signal)
    return needs.writes.run(async (tx, record) => {
      const account = await lockProven(tx, known)
      const { id, name, vendorId } = account
      if (email !== undefined) {
        await assertFree(tx, email, account)
        await tx.resets.forgetLinks(id)
      }
      account.edit(changes)
      if (vendorId !== null) {
        // The vendor's lock keeps new applications out, as those of markets do: none is missing below.
        await tx.vendors.findForUpdate(vendorId)
        const applicationIds = await tx.applications.idsOf(vendorId, ENOUGH_IDS)
        record({ type: 'account-edited', accountId: id, markets: [], applicationIds })
      } else {
        const markets = await tx.markets.findOfForUpdate(id)
        record({
          type: 'account-edited',
          accountId: id,
          markets: account.name === name ? [] : markets.map(({ id: marketId, slug }) => ({ marketId, slug })),
          applicationIds: await tx.applications.idsFor(id, ENOUGH_IDS),
        })
      }
      return (await tx.views.accountDetail(id))!.value
    })
  }

/**
 * The account, if this is its password. Asked before the transaction: hashing takes long, and a lock should not be held
 * meanwhile.
 * @throws MarketflowError `forbidden` if it is not; `unauthenticated` when the account is gone
 */
export async function proven(
  { transactions }: Pick<Dependencies, 'transactions'>,
  accountId: string,
  password: string,
  { verify }: Pick<Passwords, 'verify'>,
): Promise<Account> {
  const account = await transactions.look((tx) => tx.accounts.find(accountId))
  if (account === undefined) throw new MarketflowError('unauthenticated')
  if (!(await verify(password, account.passwordHash))) {
    throw new MarketflowError('forbidden', 'The current password is wrong')
  }
  return account
}

/**
 * The account as it is now, locked.
 * @throws MarketflowError `password-changed` when it has another password than the known one; `unauthenticated` when it
 * is gone
 */
export async function lockProven(
  tx: Transaction,
  { id, passwordHash }: Pick<Account, 'id'> & Partial<Pick<Account, 'passwordHash'>>,
): Promise<Account> {
  const account = await tx.accounts.findForUpdate(id)
  if (account === undefined) throw new MarketflowError('unauthenticated')
  if (passwordHash !== undefined && account.passwordHash !== passwordHash) {
    throw new MarketflowError('password-changed')
  }
  return account
}
