import { MarketflowError } from '../../domain/errors.ts'
import type { Writes } from '../tables/reads-and-writes.ts'

/** A person lost a phone: every token of the account is void, on every instance, once this is answered. */
export class SignOutEverywhere {
  readonly #unitOfWork: Writes

  constructor(unitOfWork: Writes) {
    this.#unitOfWork = unitOfWork
  }

  /** @throws MarketflowError `unauthenticated` when the account is gone. */
  execute(accountId: string): Promise<void> {
    return this.#unitOfWork.run(async (tx, record) => {
      const account = await tx.accounts.findForUpdate(accountId)
      if (account === undefined) throw new MarketflowError('unauthenticated')
      account.endSessions()
      record({ type: 'sessions-ended', accountId: account.id })
    })
  }
}
