import type { Account } from '../../domain/account.ts'

export abstract class AccountRepository {
  /** Whether there is any account. */
  abstract exist(): Promise<boolean>
  abstract add(account: Account): void
  abstract find(id: string): Promise<Account | undefined>
  /** As it is now, and until this transaction ends. */
  abstract findForUpdate(id: string): Promise<Account | undefined>
  /** `email` as `normalizeEmail` gives it. */
  abstract findByEmail(email: string): Promise<Account | undefined>
}
