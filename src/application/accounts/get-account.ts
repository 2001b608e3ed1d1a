import type { Account } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import type { Transactions } from '../ports/transactions.ts'

/** The account behind a token. Read from the database: it is asked for once a session, not by every visitor. */
export class GetAccount {
  readonly #transactions: Transactions

  constructor(transactions: Transactions) {
    this.#transactions = transactions
  }

  /** @throws MarketflowError `unauthenticated` when the account is gone. */
  async execute(id: string): Promise<Account> {
    const account = await this.#transactions.look((tx) => tx.accounts.find(id))
    if (account === undefined) throw new MarketflowError('unauthenticated')
    return account
  }
}
